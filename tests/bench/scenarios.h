/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured. Every scenario starts the program anew and ends it by SHUTDOWN. */
#ifndef BENCH_SCENARIOS_H
#define BENCH_SCENARIOS_H

#include "lambda.h"

struct subject {
	const char *name; /* in the figures */
	const char *path;
	char **environment; /* NULL-terminated */
	uint16_t otlp_port; /* where it takes OTLP/HTTP; 0: nowhere */
	bool exports_each;  /* exports in every invocation: an export less is an error */
};

struct bench {
	struct loop loop;
	struct lambda lambda;
	struct program program; /* the one that runs */
	const char *cgroup;     /* whose cgroup.procs programs go to; NULL: none */
};

/* Starts it and serves until its first GET event/next. */
void bench_begin(struct bench *bench, const struct subject *subject);

/* SHUTDOWN; returns the nanoseconds until the process had ended. */
int64_t bench_end(struct bench *bench);

/* `runs` starts of each subject in turn: wall and CPU from execve() to the first /next, CPU until it
 * rests, memory then, time from SHUTDOWN to exit. */
void scenario_start(struct bench *bench, const struct subject *subjects, unsigned count,
		    unsigned runs);

/* The answer to POST /v1/traces with 1, 100 and 1,000 spans: when the program rests before each, and
 * one after the other while it exports. */
void scenario_post(struct bench *bench, const struct subject *subject, unsigned posts);

/* The same posts to a process that only takes and answers them. */
void scenario_post_bare(struct bench *bench, unsigned posts);

/* CPU of 1,000 spans, and of 1,000 log lines from the Telemetry API, from receipt to the gzipped
 * export; memory when all the spans (2.3 MB at a time) have gone. */
void scenario_spans(struct bench *bench, const struct subject *subject, unsigned runs);
void scenario_logs(struct bench *bench, const struct subject *subject, unsigned runs);

/* What the same costs at least: recv() and send() of these bytes, and their compression alone. */
void scenario_bare(struct bench *bench, unsigned runs);

/* Memory, and CPU until then, while 1 MB and 10 MB of spans are held, as the backend refuses them. */
void scenario_held(struct bench *bench, const struct subject *subject, unsigned runs);

/* CPU of an invocation with 3 spans and 3 log lines, and the time from its end to /next; requests to
 * the backend for 100 of them. */
void scenario_invocation(struct bench *bench, const struct subject *subject, unsigned runs);

/* Millions of instructions, by callgrind: of start and end without an invocation, and of five
 * invocations with 100 spans and 100 log lines each. To be called last: what is started later runs
 * under callgrind, too. */
void scenario_instructions(struct bench *bench, const struct subject *bare,
			   const struct subject *subject, const char *file, unsigned runs);

#endif
