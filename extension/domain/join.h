/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to one request is joined: the spans that pass say which trace it is, and the log
 * lines that lull makes records of are told. A wrong trace is worse than none. */
#ifndef DOMAIN_JOIN_H
#define DOMAIN_JOIN_H

#include "domain/join_request.h"
#include "wire/otlp.h"

/* Of the spans of a request the one that ended last. */
struct last_span {
	struct slice name; /* of the request's bytes; {NULL, 0}: there is none */
	uint64_t end;      /* nanoseconds since 1970 */
};

/* Looks at the spans of a request on its way, and notes of which invocations they tell the trace,
 * and values. */
struct last_span join_see_spans(struct invocations *table, struct slice request);

/* The platform told more of this invocation (invocations_event()): that may decide what was
 * open. */
void join_see_event(struct invocations *table, struct invocation *entry);

/* The invocations that an ExportLogsServiceRequest has records of, a bit for each place in the
 * ring. */
uint64_t join_requests(struct invocations *table, struct slice request, enum join_records whose);

/* Those that still run and whose trace, or a value, may yet be told: their lines had better
 * wait. */
uint64_t join_awaited(const struct invocations *table);

/* Appends such a request with the trace and span id of its invocation in each line that has none of
 * its own and whose invocation has them; and with the values in each record. What the function sent
 * stays in the trace that it was sent in, or in none. Returns whether anything was added. */
bool join_lines(struct invocations *table, struct slice request, enum join_records whose,
		struct bytes *out);

#endif
