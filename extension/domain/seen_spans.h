/* SPDX-License-Identifier: Apache-2.0 */
/* The spans that may name the trace of a request, out of all that passed by: a request has one, or
 * several where it is a batch of messages. */
#ifndef DOMAIN_SEEN_SPANS_H
#define DOMAIN_SEEN_SPANS_H

#include "domain/faas_trigger.h"
#include "domain/trace_context.h"

/* How sure it is that the span stands for the request it was seen in, the surest last. */
enum seen_rank {
	SEEN_DOUBTED, /* of kind INTERNAL, and nobody says whether it begins a trace here */
	SEEN_ROOT,    /* begins a trace here, of kind INTERNAL */
	SEEN_ENTRY,   /* of kind SERVER or CONSUMER */
	SEEN_OWN,     /* names the request */
};

struct seen_span {
	struct trace_context context;
	uint8_t parent[SPAN_ID_SIZE];
	uint64_t start, end; /* nanoseconds since 1970 */
	enum seen_rank rank;
	enum faas_trigger trigger;
	unsigned request; /* SEEN_OWN: the number of its invocation */
};

#define SEEN_SPANS 128
#define SEEN_DOUBTS 8

/* {0} is empty; the oldest gives way. */
struct seen_spans {
	struct seen_span ring[SEEN_SPANS];
	unsigned count;                        /* ever kept */
	uint64_t lost;                         /* the latest start among those that had to go */
	struct seen_span doubted[SEEN_DOUBTS]; /* the last ones */
	unsigned doubts;                       /* ever noted */
};

/* Keeps it, but for one that is there already and one within another of its trace: the outermost
 * stands for all. Those of one parent are messages of a batch and stay, whatever their times are.
 * Returns whether one more is kept. */
bool seen_spans_add(struct seen_spans *seen, const struct seen_span *span);

/* Notes one of rank SEEN_DOUBTED: it is none of those that stand for a request, unless it turns out
 * by the next few that it begins a trace here. */
void seen_spans_doubt(struct seen_spans *seen, const struct seen_span *span);

/* Keeps those of the doubted that are of that trace and have that parent, which is now known to be
 * in another process, as SEEN_ROOT. */
void seen_spans_settle(struct seen_spans *seen, const uint8_t trace_id[static TRACE_ID_SIZE],
		       const uint8_t parent[static SPAN_ID_SIZE]);

/* Which spans are a request's: those that name it, or, where none does, those that began in its
 * time (`from` and `until`, both included, to the millisecond as the platform tells them). */
struct seen_window {
	unsigned request;
	unsigned own; /* so many of its own were ever kept */
	bool by_time; /* false: nothing is told by time */
	uint64_t from, until;
};

/* Is that time (nanoseconds since 1970) in it, as far as times tell? */
bool seen_window_has(const struct seen_window *window, uint64_t time);

/* May something of it have been lost, where the latest that had to give way is of that time? 0:
 * none had to. */
bool seen_window_lost(const struct seen_window *window, uint64_t latest);

#define SPAN_SET 32

/* They point into the ring. */
struct span_set {
	const struct seen_span *spans[SPAN_SET];
	unsigned count;
	bool incomplete; /* there were more: of these nothing certain can be said */
};

/* The spans of one request. */
struct request_spans {
	enum seen_rank rank;
	struct span_set whole; /* of the surest rank there is: they stand for the request */
	struct span_set parts; /* beside one that names the request: messages with own traces */
};

struct request_spans seen_spans_of(const struct seen_spans *seen, const struct seen_window *window);

/* The trace of the request as a whole: of its one span; or of all, where they are of one trace, and
 * then without a span. False, and {0}, where there is no such one. */
bool request_spans_trace(const struct request_spans *spans, struct trace_context *trace);

/* The parent that these have in common, in the trace above; false, and all zero, where there is
 * none. */
bool request_spans_parent(const struct request_spans *spans, uint8_t parent[static SPAN_ID_SIZE]);

/* What all of them say invoked the function. */
enum faas_trigger request_spans_trigger(const struct request_spans *spans);

/* The trace of what happened at `time` (nanoseconds since 1970; a whole millisecond is taken as all
 * of it): of the one among several spans that encloses it. Where there is none, or they are of more
 * than one trace, the trace of the whole. */
bool request_spans_at(const struct request_spans *spans, uint64_t time,
		      struct trace_context *trace);

#endif
