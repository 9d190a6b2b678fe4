/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector_logs.pb-c.h"
#include "collector_metrics.pb-c.h"
#include "collector_trace.pb-c.h"
#include "domain/own_request.h"
#include "otlp_count.h"
#include "short_memory.h"
#include "version.h"
#include "wire/otlp.h"

/* Lengths that take one byte, two and three, of every message around them. */
static const size_t lengths[] = {1, 100, 20000};
#define ITEMS (sizeof lengths / sizeof *lengths)

static Otlp__Span span = OTLP__SPAN__INIT;
static Otlp__LogRecord record = OTLP__LOG_RECORD__INIT;
static Otlp__Metric metric = OTLP__METRIC__INIT;
static Otlp__Gauge gauge = OTLP__GAUGE__INIT;
static Otlp__NumberDataPoint point = OTLP__NUMBER_DATA_POINT__INIT;
static Otlp__NumberDataPoint *points[] = {&point};

/* One signal: its item, the text of it that gets long, and the request's type. */
static const struct signal {
	const ProtobufCMessage *item;
	const char **text;
	const ProtobufCMessageDescriptor *request;
} signals[OTLP_SIGNALS] = {
	[OTLP_TRACES] = {&span.base, &span.name, &otlp__export_trace_service_request__descriptor},
	[OTLP_LOGS] = {&record.base, &record.severity_text,
		       &otlp__export_logs_service_request__descriptor},
	[OTLP_METRICS] = {&metric.base, &metric.name,
			  &otlp__export_metrics_service_request__descriptor},
};

static void build(const struct signal *s, struct bytes *out)
{
	struct own_request request = own_request_begin(out);

	for (size_t i = 0; i < ITEMS; i++) {
		char *text = calloc(1, lengths[i] + 1);

		assert_non_null(text);
		memset(text, 'x', lengths[i]);
		*s->text = text;
		own_request_add(s->item, out);
		free(text);
	}
	own_request_end(&request, out);
}

/* The bytes are those that protobuf-c would have made of the whole request. */
static void assert_canonical(const struct signal *s, struct slice request)
{
	ProtobufCMessage *read = protobuf_c_message_unpack(s->request, NULL, request.len,
							   request.data);
	uint8_t *again = malloc(request.len);

	assert_non_null(read);
	assert_non_null(again);
	assert_int_equal(protobuf_c_message_get_packed_size(read), request.len);
	protobuf_c_message_pack(read, again);
	assert_memory_equal(again, request.data, request.len);
	free(again);
	protobuf_c_message_free_unpacked(read, NULL);
}

static void test_every_signal(void **state)
{
	(void)state;
	for (unsigned i = 0; i < OTLP_SIGNALS; i++) {
		struct bytes out = {0};
		struct otlp_verdict verdict;
		struct otlp_iter iter;
		struct otlp_item item;
		struct slice scope;

		build(&signals[i], &out);
		verdict = otlp_check((enum otlp_signal)i, bytes_slice(&out));
		assert_true(verdict.valid);
		assert_int_equal(verdict.items, ITEMS);
		assert_canonical(&signals[i], bytes_slice(&out));
		iter = otlp_items((enum otlp_signal)i, bytes_slice(&out));
		assert_true(otlp_next(&iter, &item));
		scope = pb_find(item.scope, 1);
		assert_true(slice_is(pb_find(scope, 1), "lull"));
		assert_true(slice_is(pb_find(scope, 2), LULL_VERSION));
		bytes_free(&out);
	}
}

/* What is there already stays as it is before it. */
static void test_appends(void **state)
{
	struct bytes out = {0};

	(void)state;
	build(&signals[OTLP_TRACES], &out);
	build(&signals[OTLP_TRACES], &out);
	assert_int_equal(otlp_count(OTLP_TRACES, bytes_slice(&out)), 2 * ITEMS);
	bytes_free(&out);
}

/* Whichever allocation fails, it is said, and what is appended afterwards is not looked at. */
static void test_short_memory(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (int at = 1;; at++) {
		struct bytes out = {0};

		short_memory_at = at;
		build(&signals[OTLP_LOGS], &out);
		assert_int_equal(out.failed, short_memory_at == 0);
		failed += out.failed;
		bytes_free(&out);
		if (short_memory_at > 0)
			break;
	}
	short_memory_at = 0;
	assert_true(failed >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_signal),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_short_memory),
	};

	metric.data_case = OTLP__METRIC__DATA_GAUGE;
	metric.gauge = &gauge;
	gauge.data_points = points;
	gauge.n_data_points = 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
