/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that the function wrote become OTLP log records. */
#ifndef DOMAIN_LOG_RECORDS_H
#define DOMAIN_LOG_RECORDS_H

#include "domain/invocations.h"
#include "domain/log_object.h"
#include "domain/own_request.h"
#include "domain/telemetry.h"

/* The records of one post of the Telemetry API on their way into one request: bytes, record behind
 * record. {0} is empty. */
struct log_records {
	/* Set before the first is added. */
	const struct invocations *invocations; /* borrowed */
	bool parse_json;                       /* a JSON object in a text line is read as one */
	Otlp__SeverityNumber least;            /* what is known to be below it is left out */

	size_t count;    /* of those that are in, also where memory was short */
	size_t filtered; /* of those that were left out */

	/* Private. */
	struct bytes out;
	struct own_request request;
	size_t last; /* where the last record began */
	struct bytes text, json, printed;
	struct log_object object;
};

/* Adds what an EVENT_FUNCTION or EVENT_BROKEN says. Where a line names time, level, request or
 * trace in a way that runtimes and loggers have (log_fields.h, log_formats.h) it is the record's;
 * all else of an object becomes attributes of its own type, all else of a text line is the body. A
 * line that names no request is of the one that runs. `observed` is the real time of arrival in
 * nanoseconds. */
void log_records_add(struct log_records *records, const struct telemetry_event *event,
		     uint64_t observed);

/* The LogRecord that was added last; {NULL, 0} where memory is short. There is one. */
struct slice log_records_last(const struct log_records *records);

/* Moves an ExportLogsServiceRequest with all of them (nothing where there are none) into `out`,
 * which is empty, frees the rest and leaves {0}. False where memory was short: all `count` are then
 * lost. */
bool log_records_finish(struct log_records *records, struct bytes *out);

#endif
