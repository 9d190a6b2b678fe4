/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured. Every scenario starts the program anew and ends it by SHUTDOWN. */
#ifndef BENCH_SCENARIOS_H
#define BENCH_SCENARIOS_H

#include "lambda.h"
#include "spans.h"

struct subject {
	const char *name; /* in the figures */
	const char *path;
	char **environment; /* NULL-terminated */
	uint16_t otlp_port; /* where it takes OTLP/HTTP; 0: nowhere */
	bool is_lull;       /* exports in every invocation and prints its books: else an error */
};

struct bench {
	struct loop loop;
	struct lambda lambda;
	struct program program; /* the one that runs */
	const struct subject *subject;
	uint64_t spans_posted; /* to it */
	const char *cgroup;    /* whose cgroup.procs programs go to; NULL: none */
};

/* Starts it and serves until its first GET event/next. */
void bench_begin(struct bench *bench, const struct subject *subject);

/* Posts to /v1/traces; returns the nanoseconds until the answer. */
int64_t bench_post(struct bench *bench, struct http_client *client, const struct spans *spans);

/* The handler has written so many log lines and ends. Returns the nanoseconds from before
 * platform.runtimeDone is posted to /next; below 0 where that was asked for before. */
int64_t bench_handler_ends(struct bench *bench, unsigned lines);

/* SHUTDOWN; returns the nanoseconds until the process had ended. lull's books are looked at: what
 * they do not account for is the figure uncounted.count. */
int64_t bench_end(struct bench *bench);

/* `runs` starts of each subject in turn: wall and CPU from execve() to the first /next, CPU until
 * it rests, memory then, time from SHUTDOWN to exit. */
void scenario_start(struct bench *bench, const struct subject *subjects, unsigned count,
		    unsigned runs);

/* The answer to POST /v1/traces with 1, 100 and 1,000 spans: when the program rests before each,
 * and one after the other while it exports. */
void scenario_post(struct bench *bench, const struct subject *subject, unsigned posts);

/* The same posts to a process that only takes and answers them. */
void scenario_post_bare(struct bench *bench, unsigned posts);

/* CPU of 1,000 spans, and of 1,000 log lines from the Telemetry API, from receipt to the gzipped
 * export; memory when all the spans (2.3 MB at a time) have gone. */
void scenario_spans(struct bench *bench, const struct subject *subject, unsigned runs);
void scenario_logs(struct bench *bench, const struct subject *subject, unsigned runs);

/* What the same costs at least: recv() and send() of these bytes, and their compression alone. */
void scenario_bare(struct bench *bench, unsigned runs);

/* Memory, and CPU until then, while 1 MB and 10 MB of spans are held, as the backend refuses
 * them. */
void scenario_held(struct bench *bench, const struct subject *subject, unsigned runs);

/* CPU of an invocation with 3 spans and 3 log lines, and the time from its end to /next; requests
 * to the backend for 100 of them. */
void scenario_invocation(struct bench *bench, const struct subject *subject, unsigned runs);

/* In how many of so many invocations in a row /next is asked for only after the handler's end,
 * where that comes right after 3 spans were taken; and the time from INVOKE to /next. */
void scenario_lazy(struct bench *bench, const struct subject *subject, unsigned invocations);

/* The answer to so many posts of 1,000 spans each 20 ms, and then five times as many one after the
 * other, while the backend takes data, refuses connections, or never answers. `bare`: the same
 * posts to a process that only takes them, too. */
void scenario_faulty_posts(struct bench *bench, const struct subject *subject, unsigned count,
			   bool bare);

/* The time from the handler's end to /next while the backend refuses connections or never answers:
 * so many invocations in a row, and so many that are `pause` nanoseconds of freeze apart. */
void scenario_dead_backend(struct bench *bench, const struct subject *subject, unsigned count,
			   int64_t pause);

/* SHUTDOWN to exit with such a backend while 1,000 spans wait for it. Lambda kills after 2 s. */
void scenario_dead_end(struct bench *bench, const struct subject *subject, unsigned runs);

/* Resident memory at rest after a tenth, half, and all of so many invocations. */
void scenario_flat(struct bench *bench, const struct subject *subject, unsigned invocations_each);

/* CPU of connecting ahead and of the first invocation, to a backend with TLS that is one of 150
 * authorities in a hashed folder, and the time from that handler's end to /next. */
void scenario_first_tls(struct bench *bench, const struct subject *subject, unsigned runs);

/* CPU of each turn of lull's loop, in which nobody is answered: in so many invocations with 1,000
 * spans each, to a backend with TLS that ends every connection and is one of 150 authorities in a
 * file. */
void scenario_turns(struct bench *bench, const struct subject *subject, unsigned invocations);

/* What the join adds to the CPU of passing 1,000 spans through, without and with correlation keys,
 * as ratios; of the build in build/, whichever is measured otherwise (join.c). */
void scenario_join(unsigned runs);

/* Millions of instructions, by callgrind: of start and end without an invocation, and of five
 * invocations with 100 spans and 100 log lines each. To be called last: what is started later runs
 * under callgrind, too. */
void scenario_instructions(struct bench *bench, const struct subject *bare,
			   const struct subject *subject, const char *file, unsigned runs);

#endif
