/* SPDX-License-Identifier: Apache-2.0 */
/* The spans that lull makes of what the platform tells: of init and restore, and of invocations
 * that nobody else makes one of. */
#ifndef DOMAIN_PLATFORM_SPANS_H
#define DOMAIN_PLATFORM_SPANS_H

#include "domain/config.h"
#include "domain/request_ends.h"
#include "domain/span_request.h"

/* ---- Is there to be one? ---- */

enum span_decision {
	SPAN_NO,
	SPAN_YES,
	SPAN_LATER,   /* it is to be asked again at the next export */
	SPAN_AWAITED, /* the same, and there will be one: lines may lead to it already */
};

/* What is known when data is exported. */
struct span_view {
	enum span_setting setting;
	enum outcome_of_invocation outcome;
	bool out_of_memory;
	bool own_span; /* one that names the request came from the function */
	bool sdk;      /* OTLP ever came, or one is set up: its silence may be its own sampling */
	bool dropped;  /* head sampling has dropped its trace, as the X-Ray header says */
	bool reported; /* nothing more will be told of a crash, as that all memory was in use */
	bool sdk_had_time; /* by now it would have been heard: not only the first request is over */
};

enum span_decision span_decide(const struct span_view *view);

/* ---- What is in it ---- */

/* What was going on when a request came to a bad end. All may be empty. */
struct last_words {
	struct slice log;         /* the last line */
	struct slice span;        /* the name of the last span that ended */
	struct slice connections; /* one a line: "10.0.3.7:5432 ESTABLISHED" */
	uint64_t memory;          /* bytes in use in the environment; 0: not known */
};

struct invocation_span {
	struct slice function; /* the function's name */
	const struct invocation *invocation;
	const struct request_end *end;
	bool coldstart;
	const struct last_words *words; /* or NULL */
};

/* Returns it, for what is to be added; NULL as span_add(). */
Otlp__Span *span_add_invocation(struct span_request *request, const struct span_ids *ids,
				const struct invocation_span *what);

/* An init or a restore. */
struct platform_phase {
	bool begun, over;
	uint64_t start, end; /* nanoseconds since 1970 */
	bool failed;
	char error_type[ERROR_TYPE_SIZE];
	struct trace_context span; /* that was made of it; {0}: none yet */
};

/* Takes what an event says of it: platform.initStart and .initReport, or those of a restore. */
void phase_begin(struct platform_phase *phase, const struct telemetry_event *event);
void phase_end(struct platform_phase *phase, const struct telemetry_event *event);

/* The same; `kind` is "init" or "restore". */
Otlp__Span *span_add_phase(struct span_request *request, const struct span_ids *ids,
			   const char *kind, struct slice function,
			   const struct platform_phase *phase);

#endif
