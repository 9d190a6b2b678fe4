/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "short_heap.h"

#include "base/arena.c"

#include "collector_logs.pb-c.h"
#include "domain/platform_logs.h"
#include "guard.h"
#include "wire/otlp.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define ALL 31U

static const struct trace_context trace = {{1, [15] = 2}, {3, [7] = 4}};

struct made {
	unsigned which;
	size_t records;
	struct bytes out;
};

static void each(void *ctx, const struct telemetry_event *event)
{
	struct made *made = ctx;

	made->records += platform_logs_make(event, made->which, &trace, 99, &made->out);
}

#define EVENT(type, record)                                                                        \
	"{\"time\":\"2026-01-02T03:04:05.678Z\",\"type\":\"platform." type                         \
	"\",\"record\":{" record "}}"
#define ID "\"requestId\":\"r\""

static void attributes(const Otlp__LogRecord *record, char *text, size_t size)
{
	size_t len = 0;

	text[0] = 0;
	for (size_t i = 0; i < record->n_attributes; i++) {
		const Otlp__AnyValue *value = record->attributes[i]->value;

		len += (size_t)snprintf(text + len, size - len, "%s%s=", i ? " " : "",
					record->attributes[i]->key);
		if (value->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE)
			len += (size_t)snprintf(text + len, size - len, "%s", value->string_value);
		else if (value->value_case == OTLP__ANY_VALUE__VALUE_INT_VALUE)
			len += (size_t)snprintf(text + len, size - len, "%jd",
						(intmax_t)value->int_value);
		else
			len += (size_t)snprintf(text + len, size - len, "%g", value->double_value);
	}
}

/* Every type of event: the set it belongs to, and what becomes of it. */
static void test_every_event(void **state)
{
	static const struct {
		const char *event;
		unsigned of;
		unsigned severity;
		const char *body, *attributes;
	} cases[] = {
		{EVENT("start", ID ",\"version\":\"7\""), PLATFORM_LOG_START, 9,
		 "START RequestId: r Version: 7",
		 "type=platform.start faas.invocation_id=r version=7"},
		{EVENT("runtimeDone",
		       ID ",\"status\":\"success\",\"metrics\":{\"durationMs\":1.5}"),
		 PLATFORM_LOG_END, 9, "END RequestId: r",
		 "type=platform.runtimeDone faas.invocation_id=r status=success durationMs=1.5"},
		{EVENT("runtimeDone", ID ",\"status\":\"error\",\"errorType\":\"E\""),
		 PLATFORM_LOG_END, 9, "END RequestId: r",
		 "type=platform.runtimeDone faas.invocation_id=r status=error error.type=E"},
		{EVENT("runtimeDone",
		       ID ",\"status\":\"timeout\",\"metrics\":{\"durationMs\":3004}"),
		 PLATFORM_LOG_ERRORS | PLATFORM_LOG_END, 17, "r Task timed out after 3.00 seconds",
		 "type=platform.runtimeDone faas.invocation_id=r status=timeout durationMs=3004"},
		{EVENT("runtimeDone",
		       ID ",\"status\":\"failure\",\"errorType\":\"Runtime.ExitError\""),
		 PLATFORM_LOG_ERRORS | PLATFORM_LOG_END, 17,
		 "RequestId: r Error: Runtime exited: Runtime.ExitError",
		 "type=platform.runtimeDone faas.invocation_id=r status=failure "
		 "error.type=Runtime.ExitError"},
		{EVENT("report",
		       ID ",\"status\":\"success\",\"metrics\":{\"durationMs\":12.345,"
			  "\"billedDurationMs\":13,\"memorySizeMB\":128,\"maxMemoryUsedMB\":64}"),
		 PLATFORM_LOG_REPORT, 9,
		 "REPORT RequestId: r\tDuration: 12.35 ms\tBilled Duration: 13 ms\tMemory Size: 128 "
		 "MB\tMax Memory Used: 64 MB",
		 "type=platform.report faas.invocation_id=r status=success durationMs=12.345 "
		 "billedDurationMs=13 memorySizeMB=128 maxMemoryUsedMB=64"},
		{EVENT("report", ID ",\"status\":\"timeout\",\"metrics\":{\"initDurationMs\":1}"),
		 PLATFORM_LOG_REPORT, 9,
		 "REPORT RequestId: r\tInit Duration: 1.00 ms\tStatus: timeout",
		 "type=platform.report faas.invocation_id=r status=timeout initDurationMs=1"},
		{EVENT("initReport", "\"phase\":\"init\",\"status\":\"success\",\"metrics\":{"
				     "\"durationMs\":250}"),
		 PLATFORM_LOG_INIT, 9, "INIT_REPORT Init Duration: 250.00 ms\tPhase: init",
		 "type=platform.initReport phase=init status=success durationMs=250"},
		{EVENT("initReport", "\"phase\":\"init\",\"status\":\"error\",\"errorType\":\"E\""),
		 PLATFORM_LOG_ERRORS | PLATFORM_LOG_INIT, 17,
		 "INIT_REPORT\tPhase: init\tStatus: error\tError Type: E",
		 "type=platform.initReport phase=init status=error error.type=E"},
		{EVENT("logsDropped",
		       "\"droppedBytes\":100,\"droppedRecords\":2,\"reason\":\"too slow\""),
		 PLATFORM_LOG_ERRORS, 13, "Log lines were dropped before lull got them: too slow",
		 "type=platform.logsDropped droppedBytes=100 droppedRecords=2 reason=too slow"},
		{EVENT("initStart", ""), 0, 0, "", ""},
		{EVENT("restoreStart", "\"functionName\":\"f\",\"runtimeVersion\":\"java:21.v9\","
				       "\"runtimeVersionArn\":\"arn:x\""),
		 PLATFORM_LOG_INIT, 9,
		 "RESTORE_START Runtime Version: java:21.v9\tRuntime Version ARN: arn:x",
		 "type=platform.restoreStart functionName=f runtimeVersion=java:21.v9 "
		 "runtimeVersionArn=arn:x"},
		{EVENT("restoreStart", ""), PLATFORM_LOG_INIT, 9, "RESTORE_START",
		 "type=platform.restoreStart"},
		{EVENT("restoreRuntimeDone", "\"status\":\"success\""), 0, 0, "", ""},
		{EVENT("restoreReport",
		       "\"status\":\"success\",\"metrics\":{\"durationMs\":616.3}"),
		 PLATFORM_LOG_INIT, 9, "RESTORE_REPORT Restore Duration: 616.30 ms",
		 "type=platform.restoreReport status=success durationMs=616.3"},
		{EVENT("restoreReport", "\"status\":\"timeout\",\"errorType\":\"E\""),
		 PLATFORM_LOG_ERRORS | PLATFORM_LOG_INIT, 17,
		 "RESTORE_REPORT\tStatus: timeout\tError Type: E",
		 "type=platform.restoreReport status=timeout error.type=E"},
		{EVENT("extension", "\"name\":\"x\""), 0, 0, "", ""},
		{EVENT("fromTheFuture", ""), 0, 0, "", ""},
		{"{\"type\":\"platform.start\",\"record\":7}", 0, 0, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		Otlp__ExportLogsServiceRequest *request;
		const Otlp__LogRecord *record;
		struct made made = {.which = ALL}, off = {.which = ALL & ~cases[i].of};
		char text[1024];

		telemetry_each(slice_str(cases[i].event), each, &off);
		assert_int_equal(off.records, 0);
		telemetry_each(slice_str(cases[i].event), each, &made);
		assert_int_equal(made.records, cases[i].of != 0);
		if (!cases[i].of)
			continue;
		assert_true(otlp_check(OTLP_LOGS, guard_put(bytes_slice(&made.out))).valid);
		request = otlp__export_logs_service_request__unpack(NULL, made.out.len,
								    made.out.data);
		assert_non_null(request);
		record = request->resource_logs[0]->scope_logs[0]->log_records[0];
		assert_string_equal(record->body->string_value, cases[i].body);
		attributes(record, text, sizeof text);
		assert_string_equal(text, cases[i].attributes);
		assert_int_equal(record->severity_number, cases[i].severity);
		assert_true(record->time_unix_nano == UINT64_C(1767323045678000000));
		assert_true(record->observed_time_unix_nano == 99);
		assert_memory_equal(record->trace_id.data, trace.trace_id, TRACE_ID_SIZE);
		assert_memory_equal(record->span_id.data, trace.span_id, SPAN_ID_SIZE);
		otlp__export_logs_service_request__free_unpacked(request, NULL);
		bytes_free(&made.out);
	}
}

static void test_short_memory(void **state)
{
	bool failed = true;

	(void)state;
	for (int at = 1; failed; at++) {
		struct made made = {.which = ALL};

		short_heap_at = at;
		telemetry_each(slice_str(EVENT("start", ID)), each, &made);
		failed = short_heap_at == 0;
		short_heap_at = 0;
		/* It is counted, whatever becomes of it. */
		assert_int_equal(made.records, 1);
		assert_int_equal(made.out.failed, failed);
		bytes_free(&made.out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_event),
		cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
