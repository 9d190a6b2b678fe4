/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's inside, for agent*.c only: its parts, and what it knows of this life. */
#ifndef AGENT_STATE_H
#define AGENT_STATE_H

#include "agent_options.h"
#include "books.h"
#include "edges/lambda_api.h"
#include "exporter.h"
#include "hints.h"
#include "intake.h"
#include "overflow.h"
#include "platform.h"
#include "policy/cadence.h"
#include "policy/lifecycle.h"

struct agent {
	const struct config *config;
	const struct agent_options *options;
	struct event_base *base;

	struct lambda_api *api;
	struct intake intake;
	uint16_t telemetry_port;

	struct resource resource;
	struct destination destinations[CONFIG_DESTINATIONS];
	struct store store;
	struct spool *spool;
	struct overflow overflow;
	struct books books;
	struct exporter exporter;
	struct invocations invocations;
	struct platform platform;
	struct hints hints;
	struct cadence cadence;

	enum life_state state;
	bool told;       /* Lambda tells the ends of invocations here */
	bool subscribed; /* telemetry comes */
	bool heard;      /* it has, and with it what the resource lacks */
	bool background; /* this invocation's end is not waited for: see lifecycle_may_export() */
	bool urgent;     /* all is to be exported now, whatever failed before */
	bool cut_short;  /* the deadline left less than the budget to this flush */
	bool answered;   /* a sender of OTLP, who may not have seen the answer yet */
	bool settled;    /* what is not in the books on disk yet */
	bool last_life;  /* SHUTDOWN said that the environment ends */
	bool snapshot;   /* this process goes into one; the next event is of an environment that
			 * has no name yet, and until then nothing leaves: there may be many */
	bool restored;   /* from it */
	struct now idle; /* since when: the next event was asked for, or the handler was done */
	char request_id[REQUEST_ID_SIZE]; /* of the last INVOKE */
	char missed[REQUEST_ID_SIZE];     /* its end was waited for until its deadline; or empty */
	int64_t deadline;                 /* mono, of it or of SHUTDOWN */
	struct event *work;               /* once a turn: what is to be exported now? */
	struct event *due;                /* the same, the next time that data is due */
	struct event *brief;              /* the wait for platform.start, or for the last data */
	struct event *beat;               /* an invocation runs: the environment is not idle */
	struct event *bound;              /* what may not be exceeded: deadline, budget, end */
};

#endif
