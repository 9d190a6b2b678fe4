/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform tells, as log records: the lines that CloudWatch has, with their numbers as
 * attributes. */
#ifndef DOMAIN_PLATFORM_LOGS_H
#define DOMAIN_PLATFORM_LOGS_H

#include "domain/invocations.h"

/* Which events: LULL_PLATFORM_LOGS is a set of these. */
enum platform_log {
	PLATFORM_LOG_ERRORS = 1 << 0, /* time-outs, runtime exits, inits and restores that failed,
				       * lines dropped */
	PLATFORM_LOG_INIT = 1 << 1,   /* and restores of a snapshot */
	PLATFORM_LOG_START = 1 << 2,
	PLATFORM_LOG_END = 1 << 3,
	PLATFORM_LOG_REPORT = 1 << 4,
};

/* Appends an ExportLogsServiceRequest with one record of that event, in the trace of `invocation`
 * (may be NULL) as far as it is known, if it is of one of those. `observed` is the real time of
 * arrival in nanoseconds. Returns the number of records, 0 or 1; out->failed where memory is
 * short. */
size_t platform_logs_make(const struct telemetry_event *event, unsigned which,
			  const struct trace_context *trace, uint64_t observed, struct bytes *out);

#endif
