/* SPDX-License-Identifier: Apache-2.0 */
/* The values of correlation keys that the spans and lines of the table's requests say. */
#ifndef DOMAIN_JOIN_VALUES_H
#define DOMAIN_JOIN_VALUES_H

#include "domain/invocations.h"
#include "wire/otlp_fields.h"

/* Looks at a line as lull has just made a LogRecord of it, and notes values. */
void join_see_line(struct invocations *table, struct slice record);

/* The same of an ExportLogsServiceRequest that the function sent. */
void join_see_records(struct invocations *table, struct slice request);

/* The values of an invocation as a whole, for the spans that lull makes of it: an AnyValue's
 * contents each, {NULL, 0} where there is none or no certain one. Valid until something is seen. */
void join_values(const struct invocations *table, const struct invocation *entry,
		 struct slice values[static OTLP_KEYS]);

/* ---- For join_*.c; but for the first there must be keys ---- */

/* `finder` ready to look for them, or NULL where none are. */
struct otlp_finder *join_finder(const struct invocations *table, struct otlp_finder *finder);

/* A span that names the invocation with that number (0: none) said what was found. */
void join_note_span(struct invocations *table, const struct otlp_span *span, unsigned number,
		    const struct otlp_finder *found);

/* correlate_find() of an invocation whose spans are these. */
void join_find_values(const struct invocations *table, const struct invocation *entry,
		      const struct request_spans *spans,
		      const uint8_t trace_id[static TRACE_ID_SIZE],
		      struct slice values[static OTLP_KEYS]);

/* May a value yet be told of an invocation that runs? `over`: others have ended. */
bool join_awaits_value(const struct invocations *table, const struct invocation *entry, bool over);

#endif
