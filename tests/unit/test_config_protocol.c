/* SPDX-License-Identifier: Apache-2.0 */
/* Protocols, where they are said, and what an endpoint is by each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/config_read.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define TRACES "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
#define LOGS "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

static const struct {
	const char *set[4];
	enum protocol protocol; /* of traces */
	const char *endpoint;   /* of traces; NULL: none */
} cases[] = {
	{{"LULL_ENDPOINT=http://a"}, PROTOCOL_HTTP_PROTOBUF, "http://a/v1/traces"},
	{{"LULL_ENDPOINT=http://a", "LULL_PROTOCOL=http/json"},
	 PROTOCOL_HTTP_JSON,
	 "http://a/v1/traces"},
	{{"LULL_ENDPOINT=http://a:1", "LULL_PROTOCOL=GRPC"}, PROTOCOL_GRPC, "http://a:1" TRACES},
	{{"LULL_ENDPOINT=https://a/", "LULL_PROTOCOL=grpc"}, PROTOCOL_GRPC, "https://a" TRACES},
	{{"LULL_ENDPOINT=https://a/path?q=1", "LULL_PROTOCOL=grpc"},
	 PROTOCOL_GRPC,
	 "https://a" TRACES},
	{{"LULL_ENDPOINT=http://[::1]:1", "LULL_PROTOCOL=grpc"},
	 PROTOCOL_GRPC,
	 "http://[::1]:1" TRACES},
	{{"LULL_ENDPOINT=http://u:p@a:1", "LULL_PROTOCOL=grpc"},
	 PROTOCOL_GRPC,
	 "http://u:p@a:1" TRACES},
	{{"LULL_TRACES_ENDPOINT=http://a/x", "LULL_TRACES_PROTOCOL=grpc"},
	 PROTOCOL_GRPC,
	 "http://a" TRACES},
	{{"LULL_ENDPOINT=http://a", "LULL_PROTOCOL=grpc", "LULL_TRACES_PROTOCOL=http/protobuf"},
	 PROTOCOL_HTTP_PROTOBUF,
	 "http://a/v1/traces"},
	/* without a scheme: TLS, unless told otherwise; HTTP has no such form */
	{{"LULL_ENDPOINT=a:1", "LULL_PROTOCOL=grpc"}, PROTOCOL_GRPC, "https://a:1" TRACES},
	{{"LULL_ENDPOINT=a:1", "LULL_PROTOCOL=grpc", "LULL_INSECURE=true"},
	 PROTOCOL_GRPC,
	 "http://a:1" TRACES},
	{{"LULL_ENDPOINT=https://a:1", "LULL_PROTOCOL=grpc", "LULL_INSECURE=true"},
	 PROTOCOL_GRPC,
	 "https://a:1" TRACES},
	{{"LULL_ENDPOINT=a:1"}, PROTOCOL_HTTP_PROTOBUF, NULL},
	{{"LULL_ENDPOINT=ftp://a:1", "LULL_PROTOCOL=grpc"}, PROTOCOL_GRPC, NULL},
	{{"LULL_ENDPOINT=:1", "LULL_PROTOCOL=grpc"}, PROTOCOL_GRPC, NULL},
	/* nobody says: by the port */
	{{"LULL_ENDPOINT=http://a:4317"}, PROTOCOL_GRPC, "http://a:4317" TRACES},
	{{"LULL_ENDPOINT=https://[fd00::1]:4317"}, PROTOCOL_GRPC, "https://[fd00::1]:4317" TRACES},
	{{"LULL_ENDPOINT=https://u:4317@a"}, PROTOCOL_HTTP_PROTOBUF, "https://u:4317@a/v1/traces"},
	{{"LULL_ENDPOINT=a:4317"}, PROTOCOL_GRPC, "https://a:4317" TRACES},
	{{"LULL_ENDPOINT=http://a:4317", "LULL_PROTOCOL=http/protobuf"},
	 PROTOCOL_HTTP_PROTOBUF,
	 "http://a:4317/v1/traces"},
	/* The function's own way to lull is none of the backend's business, */
	{{"LULL_ENDPOINT=http://a", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"},
	 PROTOCOL_HTTP_PROTOBUF,
	 "http://a/v1/traces"},
	{{"LULL_ENDPOINT=http://a", "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317",
	  "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"},
	 PROTOCOL_HTTP_PROTOBUF,
	 "http://a/v1/traces"},
	{{"LULL_TRACES_ENDPOINT=http://a", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc"},
	 PROTOCOL_HTTP_PROTOBUF,
	 "http://a"},
	{{"LULL_ENDPOINT=a:4317", "OTEL_EXPORTER_OTLP_INSECURE=true"},
	 PROTOCOL_GRPC,
	 "https://a:4317" TRACES},
	/* but where lull takes over the endpoint it takes over how to speak to it. */
	{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"},
	 PROTOCOL_GRPC,
	 "http://a" TRACES},
	{{"OTEL_EXPORTER_OTLP_ENDPOINT=a:1", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
	  "OTEL_EXPORTER_OTLP_INSECURE=true"},
	 PROTOCOL_GRPC,
	 "http://a:1" TRACES},
	{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
	  "LULL_PROTOCOL=http/json"},
	 PROTOCOL_HTTP_JSON,
	 "http://a/v1/traces"},
};

static void test_traces(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct config c;
		const struct export_settings *traces = &c.destinations[0].export[OTLP_TRACES];

		config_read(&c, cases[i].set);
		if (traces->protocol != cases[i].protocol)
			fail_msg("%s: protocol %d", cases[i].set[0], traces->protocol);
		if (!cases[i].endpoint != !traces->endpoint ||
		    (traces->endpoint && strcmp(traces->endpoint, cases[i].endpoint) != 0))
			fail_msg("%s: %s", cases[i].set[0], traces->endpoint);
		assert_int_equal(c.problem_count, cases[i].endpoint ? 0 : 1);
		config_free(&c);
	}
}

static void test_each_signal(void **state)
{
	static const char *const set[] = {"LULL_ENDPOINT=http://a:4317",
					  "LULL_METRICS_ENDPOINT=http://b/m",
					  "LULL_LOGS_PROTOCOL=grpc", NULL};
	const struct export_settings *export;
	struct config c;

	(void)state;
	config_read(&c, set);
	export = c.destinations[0].export;
	assert_string_equal(export[OTLP_TRACES].endpoint, "http://a:4317" TRACES);
	assert_string_equal(export[OTLP_LOGS].endpoint, "http://a:4317" LOGS);
	assert_string_equal(export[OTLP_METRICS].endpoint, "http://b/m");
	assert_int_equal(export[OTLP_METRICS].protocol, PROTOCOL_HTTP_PROTOBUF);
	config_free(&c);
}

static void test_unknown(void **state)
{
	static const char *const set[] = {"LULL_ENDPOINT=http://a", "LULL_PROTOCOL=http", NULL};
	struct config c;

	(void)state;
	config_read(&c, set);
	assert_string_equal(c.destinations[0].export[OTLP_TRACES].endpoint, "http://a/v1/traces");
	assert_int_equal(c.problem_count, 1);
	assert_non_null(strstr(c.problems[0], "http/protobuf, grpc or http/json"));
	config_free(&c);
}

/* What is no URL is refused, and what of it may be secret is not repeated. */
static void test_hosts(void **state)
{
	static const struct {
		const char *set, *said; /* NULL: nothing is wrong with it */
	} hosts[] = {
		{"LULL_ENDPOINT=http://a:4318/x", NULL},
		{"LULL_ENDPOINT=http://[::1]:4319/x", NULL},
		{"LULL_ENDPOINT=http://a:/x", NULL},
		{"LULL_ENDPOINT=https://user:pass%2Fword@a:1/x@y", NULL},
		{"LULL_ENDPOINT=https://a/x@y?b@c", NULL},
		{"LULL_ENDPOINT=user:pass:word@a:4317", NULL},
		{"LULL_ENDPOINT=http://a:b/x", "LULL_ENDPOINT=http://a:b/x cannot be used"},
		{"LULL_ENDPOINT=http://[::1/x", "LULL_ENDPOINT=http://[::1/x cannot be used"},
		{"LULL_ENDPOINT=https://user:s3/cret@a", "LULL_ENDPOINT cannot be read"},
		{"LULL_ENDPOINT=https://user:s3?cret@a", "LULL_ENDPOINT cannot be read"},
		{"LULL_ENDPOINT=https://user:s3#cret@a", "LULL_ENDPOINT cannot be read"},
		{"LULL_ENDPOINT=user:s3/cret@a:4317", "LULL_ENDPOINT cannot be read"},
		{"LULL_ENDPOINT=a.example.com/x?key=s3cret", "LULL_ENDPOINT cannot be read"},
		{"LULL_ENDPOINT=http://localhost:4318/?key=s3cret",
		 "the endpoint http://localhost:4318/v1/traces is lull itself"},
		{"HTTPS_PROXY=user:password@proxy:3128", NULL},
		{"HTTPS_PROXY=socks5h://proxy", NULL},
		{"HTTPS_PROXY=http://user:s3/cret@proxy:3128", "HTTPS_PROXY cannot be read"},
		{"HTTPS_PROXY=http://s3/cret@proxy:3128", "HTTPS_PROXY cannot be read"},
		{"HTTPS_PROXY=http://proxy:port", "HTTPS_PROXY=http://proxy:port cannot be used"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(hosts); i++) {
		const char *const set[] = {hosts[i].set, NULL};
		struct config c;

		config_read(&c, set);
		if (!hosts[i].said && c.problem_count)
			fail_msg("%s: %s", hosts[i].set, c.problems[0]);
		if (hosts[i].said && !c.problem_count)
			fail_msg("%s: nothing is said", hosts[i].set);
		if (hosts[i].said)
			assert_non_null(strstr(c.problems[0], hosts[i].said));
		for (unsigned k = 0; k < c.problem_count; k++)
			assert_null(strstr(c.problems[k], "cret"));
		config_free(&c);
	}
}

/* The proxy's setting has two names by custom. */
static void test_proxies(void **state)
{
	static const char *const upper[] = {"HTTPS_PROXY=http://p:1", "HTTP_PROXY=http://q:2",
					    "NO_PROXY=a,b", NULL};
	static const char *const lower[] = {"https_proxy=http://p:1", "http_proxy=http://q:2",
					    "no_proxy=a,b", NULL};
	const char *const *const all[] = {upper, lower};

	(void)state;
	for (size_t i = 0; i < LENGTH(all); i++) {
		struct config c;

		config_read(&c, all[i]);
		assert_string_equal(c.https_proxy, "http://p:1");
		assert_string_equal(c.http_proxy, "http://q:2");
		assert_string_equal(c.no_proxy, "a,b");
		config_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_traces),  cmocka_unit_test(test_each_signal),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
