/* SPDX-License-Identifier: Apache-2.0 */
/* The spans that lull makes of what the platform tells: when they are decided, which trace they are
 * of, and the last words of a request that comes to a bad end. */
#ifndef PLATFORM_TRACING_H
#define PLATFORM_TRACING_H

#include "domain/join.h"
#include "domain/last_lines.h"
#include "domain/platform_spans.h"
#include "policy/store.h"

#define LAST_SPAN_NAME 256

/* What was going on in a request, kept until its end is told. */
struct kept_words {
	unsigned number; /* of the invocation; 0: none */
	uint64_t memory;
	struct bytes log, span, connections;
};

struct platform_tracing {
	const struct config *config;
	struct store *store;
	struct invocations *invocations;
	struct slice function;   /* its name */
	const char *runtime_api; /* HOST:PORT */

	/* Private. */
	struct request_ends ends;
	struct platform_phase init, restore;
	struct last_lines lines;
	char last_span[LAST_SPAN_NAME];
	uint64_t last_span_end; /* nanoseconds since 1970 */
	struct kept_words words;
};

/* A platform event; `invocation` is the one it is of, or NULL. Returns whether memory ran out, as
 * has become known by this. */
bool tracing_event(struct platform_tracing *tracing, const struct telemetry_event *event,
		   const struct invocation *invocation);

/* A line of the function's, of that invocation or NULL; returns the same. */
bool tracing_line(struct platform_tracing *tracing, const struct telemetry_event *event,
		  const struct invocation *invocation);

/* That invocation ended although nobody told so; returns the same. */
bool tracing_ended(struct platform_tracing *tracing, const struct invocation *invocation);

/* Spans of the function's came; this is the one of them that ended last. */
void tracing_last_span(struct platform_tracing *tracing, const struct last_span *last);

/* The deadline of that invocation is near, or it ended badly: keeps what is going on, once. */
void tracing_keep_words(struct platform_tracing *tracing, const struct invocation *invocation);

/* Data is about to be exported: decides what is open, and puts spans into the store. `all`: there
 * may be no later time. */
void tracing_flush(struct platform_tracing *tracing, bool all, struct now now);

void tracing_free(struct platform_tracing *tracing);

#endif
