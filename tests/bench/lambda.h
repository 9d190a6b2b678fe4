/* SPDX-License-Identifier: Apache-2.0 */
/* The least of Lambda that an extension needs to work: Extensions API, Telemetry API, and a backend
 * that takes everything. tests/lambda is the strict one; this one must cost next to nothing. */
#ifndef BENCH_LAMBDA_H
#define BENCH_LAMBDA_H

#include "http.h"
#include "program.h"

enum backend {
	BACKEND_TAKES,
	BACKEND_FAILS,  /* answers 503 and counts nothing */
	BACKEND_HANGS,  /* takes connections and requests, and never answers */
	BACKEND_ABSENT, /* refuses connections */
};

struct lambda {
	struct loop *loop;
	struct http_server api, sink;
	struct http_client telemetry; /* to the extension's listener; fd -1: none */
	uint16_t telemetry_port;      /* 0: not subscribed */
	char telemetry_path[64];
	struct http_peer *waiting; /* asked for the next event */
	const struct program *program;
	unsigned nexts;  /* how often the next event was asked for */
	int64_t next_at; /* when last, and the program's CPU by then */
	int64_t next_cpu;
	unsigned request; /* number of the invocation */
	enum backend backend;
	uint64_t sink_requests, sink_bytes;
};

void lambda_init(struct lambda *lambda, struct loop *loop);

/* A new environment for that program: nobody is registered. */
void lambda_reset(struct lambda *lambda, const struct program *program);

/* What the backend does from now on. Where it hung before, what was open is reset. */
void lambda_backend(struct lambda *lambda, enum backend backend);

/* Serves until the program has asked for the next event. */
void lambda_wait_next(struct lambda *lambda);

/* Answers the question for the next event. An INVOKE comes with its platform.start where the
 * program takes telemetry. */
void lambda_invoke(struct lambda *lambda);
void lambda_shutdown(struct lambda *lambda);

/* A batch of `count` JSON log lines of the function, as Telemetry posts them; the caller frees
 * it. */
char *lambda_lines(const struct lambda *lambda, unsigned count);
void lambda_log(struct lambda *lambda, const char *lines);

/* The handler has ended after writing `lines` JSON log lines: these and platform.runtimeDone. */
void lambda_done(struct lambda *lambda, unsigned lines);

#endif
