/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform tells becomes signals of lull's own: gathered while it comes, and put into the
 * store when data is exported anyway. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "domain/config.h"
#include "domain/platform_metrics.h"
#include "platform_tracing.h"

/* Where invocations follow each other closely their metrics go together: a request for each would
 * cost more than all else. */
#define PLATFORM_METRICS_INTERVAL (5 * NS_PER_S)

struct platform {
	const struct config *config;
	struct store *store;
	struct invocations *invocations;
	struct slice function;       /* its name */
	struct slice initialization; /* AWS_LAMBDA_INITIALIZATION_TYPE */
	const char *runtime_api;     /* HOST:PORT */

	/* Private. */
	struct platform_tracing tracing;
	struct platform_metrics metrics;
	int64_t metrics_made;                   /* mono; INT64_MIN: never */
	enum outcome_of_invocation at_shutdown; /* of what runs still, by the reason */
};

void platform_init(struct platform *platform, struct now now);

/* A platform event; `invocation` is the one it is of, or NULL. */
void platform_event(struct platform *platform, const struct telemetry_event *event,
		    const struct invocation *invocation);

/* A line of the function's, of that invocation or NULL. */
void platform_line(struct platform *platform, const struct telemetry_event *event,
		   const struct invocation *invocation);

/* The deadline of that request is near: what is going on is kept, in case it does not end well. */
void platform_near_deadline(struct platform *platform, const char *request_id);

/* The environment was restored from a snapshot: what it counts it counts from now on. */
void platform_restored(struct platform *platform, struct now now);

/* SHUTDOWN came, with that reason in any case of letters: so ended the requests that run, where
 * nothing else tells it before the last flush. */
void platform_shutdown(struct platform *platform, struct slice reason);

/* Data is about to be exported: what is ready goes into the store. `all`: also what would better
 * wait for more, for there may be no later time. */
void platform_flush(struct platform *platform, bool all, struct now now);

void platform_free(struct platform *platform);

#endif
