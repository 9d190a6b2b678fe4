/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/sdk_signs.h"

static void test_signs(void **state)
{
	static const struct {
		const char *variables[3];
		bool sdk;
	} cells[] = {
		{{NULL}, false},
		{{"AWS_LAMBDA_FUNCTION_NAME=orders", "OTEL_SERVICE_NAME=orders"}, false},
		{{"OTEL_RESOURCE_ATTRIBUTES=a=b", "OTEL_EXPORTER_OTLP_HEADERS=a=b"}, false},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=https://otlp.example.com"}, false},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"}, true},
		{{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:4318/v1/traces"}, true},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://[::1]:4317"}, true},
		{{"OTEL_TRACES_SAMPLER=always_off"}, true},
		{{"OTEL_PROPAGATORS=xray"}, true},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://user@LOCALHOST:4318"}, true},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost.example.com"}, false},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=https://a.example.com//localhost"}, false},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/otel-handler"}, true},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/otel-instrument"}, true},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/otel-proxy-handler"}, true},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/otel-stream-handler"}, true},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/vendor/otel-sqs-handler"}, true},
		{{"AWS_LAMBDA_EXEC_WRAPPER=otel-instrument"}, true},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/otel/bin/secrets"}, false},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/get-secrets-layer"}, false},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/bootstrap"}, false},
		{{"AWS_LAMBDA_EXEC_WRAPPER="}, false},
		/* lull's own points an SDK at it, if there is one: */
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/lull-wrap"}, false},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/lull-wrap", "LULL_ENDPOINT=https://a"}, false},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/lull-wrap",
		  "OTEL_EXPORTER_OTLP_ENDPOINT=https://a"},
		 true},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/lull-wrap",
		  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://a"},
		 true},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/other", "OTEL_EXPORTER_OTLP_ENDPOINT=https://a"},
		 false},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/lull-wrap", "LULL_WRAP_NEXT=/opt/otel-instrument"},
		 true},
		{{"AWS_LAMBDA_EXEC_WRAPPER=/opt/lull-wrap", "LULL_WRAP_NEXT=/opt/get-secrets"},
		 false},
		{{"OTEL_SDK_DISABLED=true", "AWS_LAMBDA_EXEC_WRAPPER=/opt/otel-handler"}, false},
		{{"OTEL_PYTHON_DISTRO=aws_distro"}, true},
		{{"OTEL_SDK_DISABLED=true", "OTEL_TRACES_SAMPLER=always_on"}, false},
		{{"OTEL_SDK_DISABLED=false", "OTEL_TRACES_SAMPLER=always_on"}, true},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cells / sizeof cells[0]; i++)
		assert_int_equal(sdk_signs_in(cells[i].variables), cells[i].sdk);
}

/* Which samplers leave out what, by the specification's "SDK environment variables". */
static void test_spans(void **state)
{
	static const struct {
		const char *variables[3];
		bool expected, by_header;
	} cells[] = {
		{{NULL}, true, true},
		{{"OTEL_TRACES_SAMPLER=parentbased_always_on"}, true, true},
		{{"OTEL_TRACES_SAMPLER=always_on"}, true, false},
		{{"OTEL_TRACES_SAMPLER=always_off"}, false, false},
		{{"OTEL_TRACES_SAMPLER=traceidratio"}, false, false},
		{{"OTEL_TRACES_SAMPLER=parentbased_always_off"}, false, true},
		{{"OTEL_TRACES_SAMPLER=parentbased_traceidratio"}, false, true},
		{{"OTEL_TRACES_SAMPLER=xray"}, false, false},
		{{"OTEL_TRACES_EXPORTER=otlp"}, true, true},
		{{"OTEL_TRACES_EXPORTER=console,otlp"}, true, true},
		{{"OTEL_TRACES_EXPORTER=otlp_proto_http"}, true, true},
		{{"OTEL_TRACES_EXPORTER="}, true, true},
		{{"OTEL_TRACES_EXPORTER=none"}, false, false},
		{{"OTEL_TRACES_EXPORTER=console", "OTEL_TRACES_SAMPLER=always_on"}, false, false},
		{{"OTEL_SDK_DISABLED=true"}, false, false},
		{{"OTEL_SDK_DISABLED=true", "OTEL_TRACES_SAMPLER=always_on"}, false, false},
		{{"OTEL_SDK_DISABLED=false"}, true, true},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cells / sizeof cells[0]; i++) {
		struct sdk_spans spans = sdk_spans_in(cells[i].variables);

		assert_int_equal(spans.expected, cells[i].expected);
		assert_int_equal(spans.by_header, cells[i].by_header);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_signs),
					   cmocka_unit_test(test_spans)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
