/* SPDX-License-Identifier: Apache-2.0 */
/* The recent invocations of this environment, by request id: what INVOKE events, the Telemetry API
 * and passing spans say of them, whichever comes first. */
#ifndef DOMAIN_INVOCATIONS_H
#define DOMAIN_INVOCATIONS_H

#include "base/bytes.h"
#include "domain/correlate.h"
#include "domain/orphans.h"
#include "domain/seen_spans.h"
#include "domain/telemetry.h"
#include "domain/trace_context.h"

#define REQUEST_ID_SIZE 64 /* a UUID and room; longer ones are cut */

/* Where the trace of a request is known from, the surest last. */
enum trace_source {
	TRACE_UNKNOWN,
	TRACE_XRAY,       /* the X-Ray header; the span is not known then */
	TRACE_CHILDREN,   /* spans within a request that ended badly: join_by_children() */
	TRACE_LOCAL_ROOT, /* the outermost span that the function sent in the time of the request */
	TRACE_OWN_SPAN,   /* a span that names the request: faas.invocation_id */
};

/* How the platform says that it ended: `status` of runtimeDone and report. */
enum outcome_of_invocation {
	INVOCATION_RUNS, /* or nothing is told */
	INVOCATION_SUCCESS,
	INVOCATION_ERROR,
	INVOCATION_FAILURE,
	INVOCATION_TIMEOUT,
};

struct invocation {
	char request_id[REQUEST_ID_SIZE];
	bool invoked;  /* INVOKE was seen */
	bool started;  /* platform.start was seen */
	bool done;     /* platform.runtimeDone was seen */
	bool reported; /* platform.report was seen */

	/* Nanoseconds since 1970; 0: not known. The platform's word goes before when INVOKE
	 * came. */
	uint64_t start;
	uint64_t end;
	enum outcome_of_invocation outcome;

	struct xray_header header; /* of INVOKE and platform.start */
	/* What spans said. {0} beside a source: they are of several traces. See
	 * invocations_trace(). */
	struct trace_context trace;
	uint8_t parent[SPAN_ID_SIZE]; /* of these spans; all zero: none, or not the same */
	uint8_t unsent[SPAN_ID_SIZE]; /* TRACE_CHILDREN: their one parent's; all zero: not known */
	enum trace_source source;
	enum faas_trigger trigger; /* as they say, too */
	unsigned own_spans;        /* so many were seen that name it */
};

/* As many as an environment of Managed Instances runs at once by default, on one processor. */
#define INVOCATIONS 64

/* {0} is the empty table; the oldest entry gives way. */
struct invocations {
	struct invocation ring[INVOCATIONS];
	unsigned count;   /* ever made */
	unsigned current; /* number from 1 of the last one started, by the Telemetry API; 0: none */
	bool concurrent;  /* Managed Instances: the last one started says nothing */
	struct seen_spans spans;
	struct orphans orphans;
	struct correlate *correlate; /* borrowed; NULL: no values are looked for */
	bool sdk;       /* an SDK is at work here: OTLP came, or it is set up (sdk_signs.h) */
	bool by_header; /* the spans of a request were in its X-Ray header's trace */
	bool by_other;  /* those of one were not */
};

/* The entry for that request, made if there is none: of several runs the last one. Valid until
 * INVOCATIONS later ones. */
struct invocation *invocations_get(struct invocations *table, struct slice request_id);

/* Notes an INVOKE (`header` as it came, `now` since 1970); returns the entry. One that was invoked
 * before is run again, as Lambda does with asynchronous requests that failed: an entry of its own,
 * so that what is said of the first run stays the first's. */
struct invocation *invocations_invoke(struct invocations *table, struct slice request_id,
				      struct slice header, uint64_t now);

/* The entry for that request, or NULL; of several runs the last one. */
struct invocation *invocations_find(struct invocations *table, struct slice request_id);

/* The number of an entry of the table, from 1, and the entry of a number; NULL where it has given
 * way. */
unsigned invocations_number(const struct invocations *table, const struct invocation *entry);
const struct invocation *invocations_at(const struct invocations *table, unsigned number);
/* Is there an entry for that request? */
bool invocations_know(const struct invocations *table, struct slice request_id);

/* The run of that request in which something happened at `time` (nanoseconds since 1970; 0: nobody
 * knows, so the last), or NULL. */
struct invocation *invocations_find_at(struct invocations *table, struct slice request_id,
				       uint64_t time);

/* Notes a platform event; returns the invocation it is of, or NULL. A second start is of a second
 * run, as a second INVOKE is. */
struct invocation *invocations_event(struct invocations *table,
				     const struct telemetry_event *event);

/* The request that a text line without one belongs to: the last one started. NULL where that cannot
 * be told. */
const struct invocation *invocations_current(const struct invocations *table);

/* The trace of that request as far as it is known by now, and how; TRACE_UNKNOWN and {0} where it
 * is not. A wrong trace is worse than none. So the X-Ray header is believed only where nobody can
 * know better: no SDK is at work in this environment; or where all spans so far were in their
 * header's trace, and this header says that its trace is recorded, for else the SDK has dropped
 * it. */
enum trace_source invocations_trace(const struct invocations *table, const struct invocation *entry,
				    struct trace_context *trace);

#endif
