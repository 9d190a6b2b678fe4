/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that the function wrote become OTLP log records. */
#ifndef DOMAIN_LOG_RECORDS_H
#define DOMAIN_LOG_RECORDS_H

#include "base/arena.h"
#include "domain/invocations.h"
#include "domain/telemetry.h"
#include "logs.pb-c.h"

/* The records of one post of the Telemetry API on their way into one request. {0} is empty. */
struct log_records {
	struct arena arena;
	Otlp__LogRecord **records;
	size_t count; /* of all that were added, also of those for which memory was short */
	size_t cap;
};

/* Adds what an EVENT_FUNCTION or EVENT_BROKEN says. A JSON object keeps all it has: timestamp,
 * level, message and requestId go to their places, every other key becomes an attribute of its own
 * type. A text line gives up time, request id and level where it starts with them as the runtimes
 * of Python and Node write them. `current` (may be NULL) is the request of a line that names none;
 * `observed` is the real time of arrival in nanoseconds. */
void log_records_add(struct log_records *records, const struct telemetry_event *event,
		     const struct invocation *current, uint64_t observed);

/* Appends an ExportLogsServiceRequest with all of them (nothing where there are none), frees them
 * and leaves {0}. False where memory was short: all `count` are then lost. */
bool log_records_finish(struct log_records *records, struct bytes *out);

#endif
