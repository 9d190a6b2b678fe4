/* SPDX-License-Identifier: Apache-2.0 */
/* Some fields of spans and log records, read where they lie: for whoever needs those and not the
 * rest. */
#ifndef WIRE_OTLP_FIELDS_H
#define WIRE_OTLP_FIELDS_H

#include "wire/otlp_keys.h"

/* Span.kind */
enum otlp_span_kind {
	SPAN_KIND_UNSPECIFIED,
	SPAN_KIND_INTERNAL,
	SPAN_KIND_SERVER,
	SPAN_KIND_CLIENT,
	SPAN_KIND_PRODUCER,
	SPAN_KIND_CONSUMER,
};

/* Whether a parent is in another process. Senders older than those flags leave it open, and so do
 * some today (trace.proto, SpanFlags). */
enum otlp_remote { REMOTE_UNKNOWN, REMOTE_NO, REMOTE_YES };

/* Slices are of the bytes read; {NULL, 0} where there is none. */
struct otlp_span {
	struct slice trace_id, span_id, parent; /* of any length, as sent */
	struct slice name;
	enum otlp_span_kind kind;
	enum otlp_remote remote_parent;
	uint64_t start, end;     /* nanoseconds since 1970 */
	struct slice request_id; /* faas.invocation_id, or faas.execution as it was once called */
	struct slice trigger;    /* faas.trigger */
};

/* Reads the contents of a Span that otlp_check() let pass. Each span that the function sends comes
 * by here: no more is done than must be. What `finder` looks for is found by the way; NULL:
 * nothing. */
void otlp_fields_of_span(struct slice span, struct otlp_span *fields, struct otlp_finder *finder);

struct otlp_record {
	struct slice trace_id;
	uint64_t time, observed; /* time_unix_nano, observed_time_unix_nano */
	struct slice request_id;
};

/* The same of a LogRecord. */
struct otlp_record otlp_fields_of_record(struct slice record, struct otlp_finder *finder);

/* When it was written, else when it was seen; 0: nobody says (logs.proto). */
static inline uint64_t otlp_record_time(const struct otlp_record *record)
{
	return record->time ? record->time : record->observed;
}

#endif
