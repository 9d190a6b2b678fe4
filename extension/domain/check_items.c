/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/check_items.h"

#include <stdlib.h>

#include "base/now.h"
#include "domain/log_records.h"
#include "domain/metric_request.h"
#include "domain/span_request.h"

/* Backends refuse spans and sums that have no length. */
#define LENGTH NS_PER_MS

static bool make_span(const struct check_items *items, struct bytes *out)
{
	const struct span_ids ids = {.own = items->trace};
	struct span_request request = {0};
	Otlp__Span *span = span_add(&request, &ids, slice_str(CHECK_SPAN));

	if (span) {
		span->kind = OTLP__SPAN__SPAN_KIND__SPAN_KIND_INTERNAL;
		span->start_time_unix_nano = (uint64_t)(items->time - LENGTH);
		span->end_time_unix_nano = (uint64_t)items->time;
	}
	return span_request_finish(&request, out) == 1;
}

/* A line as a function would print it. */
static bool make_record(const struct check_items *items, struct bytes *out)
{
	struct invocations *none = calloc(1, sizeof *none);
	struct log_records records = {.invocations = none, .parse_json = true};
	struct telemetry_event event = {
		.type = EVENT_FUNCTION,
		.time_unix_nano = (uint64_t)items->time,
	};
	char trace_id[2 * TRACE_ID_SIZE + 1], span_id[2 * SPAN_ID_SIZE + 1];
	struct bytes line = {0};
	bool ok;

	trace_id_print(items->trace.trace_id, trace_id);
	span_id_print(items->trace.span_id, span_id);
	bytes_addf(&line,
		   "{\"level\":\"INFO\",\"message\":\"" CHECK_SPAN "\",\"trace_id\":\"%s\","
		   "\"span_id\":\"%s\"}",
		   trace_id, span_id);
	event.text = bytes_slice(&line);
	if (none && !line.failed)
		log_records_add(&records, &event, (uint64_t)items->time);
	ok = records.count == 1;
	ok = log_records_finish(&records, out) && ok;
	bytes_free(&line);
	free(none);
	return ok;
}

static bool make_point(const struct check_items *items, struct bytes *out)
{
	static const struct metric_name name = {CHECK_METRIC, "{check}", "Runs of " CHECK_SPAN "."};
	struct metric_request request = {
		.start = (uint64_t)(items->time - LENGTH),
		.time = (uint64_t)items->time,
		.delta = items->delta,
	};
	Otlp__Sum *sum = metric_sum(&request, &name, true, 1);

	if (sum)
		metric_number(&request, sum, 1, 0);
	return metric_request_finish(&request, out) == 1;
}

bool check_item_make(const struct check_items *items, enum otlp_signal signal, struct bytes *out)
{
	static bool (*const make[OTLP_SIGNALS])(const struct check_items *items,
						struct bytes *out) = {
		[OTLP_TRACES] = make_span,
		[OTLP_LOGS] = make_record,
		[OTLP_METRICS] = make_point,
	};
	const struct resource *resource = items->resource;
	bool ok = make[signal](items, out);

	if (ok)
		otlp_enrich(out, resource->attributes, resource->count);
	return ok && !out->failed;
}
