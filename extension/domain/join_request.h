/* SPDX-License-Identifier: Apache-2.0 */
/* What the table tells of one request: when it was, and which spans and log records are its. The
 * functions are for join_*.c alone. */
#ifndef DOMAIN_JOIN_REQUEST_H
#define DOMAIN_JOIN_REQUEST_H

#include "domain/invocations.h"
#include "wire/otlp_fields.h"

/* Whose log records they are. Of lines lull has said which request they are of. What the function
 * sent and names none is of the one in whose time it was written, on Managed Instances of the one
 * in whose trace. */
enum join_records { JOIN_LINES, JOIN_SENT };

/* The invocation before or after that number, of which times are known; NULL where there is
 * none. */
const struct invocation *join_neighbour(const struct invocations *table, unsigned number, int step);

/* Its time as far as it is known by now. */
struct seen_window join_window(const struct invocations *table, const struct invocation *entry);

/* The one that a log record is of; NULL where that cannot be told. */
const struct invocation *join_request_of(struct invocations *table,
					 const struct otlp_record *record, enum join_records whose);

/* Its spans by now. */
struct request_spans join_spans(const struct invocations *table, const struct invocation *entry);

/* The trace of what happened in it at `time` (nanoseconds since 1970), by those spans or, where
 * there are none, by all else that is known. False, and {0}, where it is not. */
bool join_trace_at(const struct invocations *table, const struct invocation *entry,
		   const struct request_spans *spans, uint64_t time, struct trace_context *trace);

#endif
