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
};

struct bench {
	struct loop loop;
	struct lambda lambda;
	struct program program; /* the one that runs */
};

/* Starts it and serves until its first GET event/next. `cgroup` may be NULL. */
void bench_begin(struct bench *bench, const struct subject *subject, const char *cgroup);

/* SHUTDOWN; returns the nanoseconds until the process had ended. */
int64_t bench_end(struct bench *bench);

/* `runs` starts of each subject in turn: wall and CPU from execve() to the first /next, CPU until it
 * rests, memory then, time from SHUTDOWN to exit. */
void scenario_start(struct bench *bench, const struct subject *subjects, unsigned count,
		    unsigned runs);

/* The wall time of that at the CPU share of a function of 128 MB, where the machine allows it. */
void scenario_start_small(struct bench *bench, const struct subject *subjects, unsigned count,
			  unsigned runs);

/* The answer to POST /v1/traces with 1, 100 and 1,000 spans: when the program rests before each, and
 * one after the other while it exports. */
void scenario_post(struct bench *bench, const struct subject *subject, unsigned posts);

/* CPU of 1,000 spans from receipt to the gzipped export, and of compressing the same alone; memory
 * when all of them (2.3 MB at a time) have gone. */
void scenario_spans(struct bench *bench, const struct subject *subject, unsigned runs);

/* CPU of an invocation with 3 spans and 3 log lines, and the time from its end to /next. */
void scenario_invocation(struct bench *bench, const struct subject *subject, unsigned runs);

#endif
