/* SPDX-License-Identifier: Apache-2.0 */
/* What lull --check --send sends: read by protobuf-c, it is what a backend would show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/now.h"
#include "collector_logs.pb-c.h"
#include "collector_metrics.pb-c.h"
#include "collector_trace.pb-c.h"
#include "domain/check_items.h"
#include "guard.h"
#include "short_memory.h"

#define TIME INT64_C(1700000000123456789)

static const struct trace_context trace = {
	.trace_id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
	.span_id = {0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8},
};

struct made {
	struct resource resource;
	struct bytes out;
	struct slice request; /* at the end of a page */
};

static void make(struct made *made, enum otlp_signal signal, bool delta)
{
	struct check_items items = {.trace = trace,
				    .time = TIME,
				    .delta = delta,
				    .resource = &made->resource};
	struct otlp_verdict verdict;

	*made = (struct made){0};
	resource_add(&made->resource, "service.name", slice_str("orders"));
	assert_true(check_item_make(&items, signal, &made->out));
	made->request = guard_put(bytes_slice(&made->out));
	verdict = otlp_check(signal, made->request);
	assert_true(verdict.valid && !verdict.alone);
	assert_int_equal(verdict.items, 1);
}

static void end(struct made *made)
{
	bytes_free(&made->out);
	resource_free(&made->resource);
}

static void require_resource(const Otlp__Resource *resource)
{
	assert_int_equal(resource->n_attributes, 1);
	assert_string_equal(resource->attributes[0]->key, "service.name");
	assert_string_equal(resource->attributes[0]->value->string_value, "orders");
}

static void require_id(ProtobufCBinaryData id, const uint8_t *wanted, size_t len)
{
	assert_int_equal(id.len, len);
	assert_memory_equal(id.data, wanted, len);
}

static void test_span(void **state)
{
	Otlp__ExportTraceServiceRequest *request;
	const Otlp__Span *span;
	struct made made;

	(void)state;
	make(&made, OTLP_TRACES, false);
	request = otlp__export_trace_service_request__unpack(NULL, made.request.len,
							     made.request.data);
	require_resource(request->resource_spans[0]->resource);
	span = request->resource_spans[0]->scope_spans[0]->spans[0];
	assert_string_equal(span->name, "lull --check --send");
	require_id(span->trace_id, trace.trace_id, TRACE_ID_SIZE);
	require_id(span->span_id, trace.span_id, SPAN_ID_SIZE);
	assert_int_equal(span->parent_span_id.len, 0);
	assert_int_equal(span->kind, OTLP__SPAN__SPAN_KIND__SPAN_KIND_INTERNAL);
	assert_true(span->end_time_unix_nano == TIME);
	/* Backends refuse what has no length. */
	assert_true(span->start_time_unix_nano < TIME);
	otlp__export_trace_service_request__free_unpacked(request, NULL);
	end(&made);
}

/* Whoever finds one finds the other by it. */
static void test_record(void **state)
{
	Otlp__ExportLogsServiceRequest *request;
	const Otlp__LogRecord *record;
	struct made made;

	(void)state;
	make(&made, OTLP_LOGS, false);
	request = otlp__export_logs_service_request__unpack(NULL, made.request.len,
							    made.request.data);
	require_resource(request->resource_logs[0]->resource);
	record = request->resource_logs[0]->scope_logs[0]->log_records[0];
	assert_string_equal(record->body->string_value, "lull --check --send");
	require_id(record->trace_id, trace.trace_id, TRACE_ID_SIZE);
	require_id(record->span_id, trace.span_id, SPAN_ID_SIZE);
	assert_int_equal(record->severity_number, OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_INFO);
	assert_true(record->time_unix_nano == TIME);
	assert_int_equal(record->n_attributes, 0);
	otlp__export_logs_service_request__free_unpacked(request, NULL);
	end(&made);
}

static void test_point(void **state)
{
	static const int temporalities[] = {
		OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_CUMULATIVE,
		OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_DELTA,
	};

	(void)state;
	for (int delta = 0; delta < 2; delta++) {
		Otlp__ExportMetricsServiceRequest *request;
		const Otlp__Metric *metric;
		struct made made;

		make(&made, OTLP_METRICS, delta);
		request = otlp__export_metrics_service_request__unpack(NULL, made.request.len,
								       made.request.data);
		require_resource(request->resource_metrics[0]->resource);
		metric = request->resource_metrics[0]->scope_metrics[0]->metrics[0];
		assert_string_equal(metric->name, "lull.check");
		assert_string_equal(metric->unit, "{check}");
		assert_true(metric->sum->is_monotonic);
		assert_int_equal(metric->sum->aggregation_temporality, temporalities[delta]);
		assert_int_equal(metric->sum->n_data_points, 1);
		assert_int_equal(metric->sum->data_points[0]->as_int, 1);
		assert_true(metric->sum->data_points[0]->time_unix_nano == TIME);
		assert_true(metric->sum->data_points[0]->start_time_unix_nano < TIME);
		otlp__export_metrics_service_request__free_unpacked(request, NULL);
		end(&made);
	}
}

/* Rather nothing than half of it. */
static void test_short_memory(void **state)
{
	const struct resource none = {0};

	(void)state;
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		struct check_items items = {.trace = trace, .time = TIME, .resource = &none};
		bool made, failed;
		int at = 1;

		do {
			struct bytes out = {0};

			short_memory_at = at++;
			made = check_item_make(&items, (enum otlp_signal)s, &out);
			failed = short_memory_at == 0;
			short_memory_at = 0;
			assert_int_equal(made, !failed);
			bytes_free(&out);
		} while (failed);
		assert_true(at > 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_point),
		cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
