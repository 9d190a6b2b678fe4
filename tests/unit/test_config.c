/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/now.h"
#include "domain/config_env.h"
#include "domain/config_help.h"
#include "domain/config_read.h"
#include "domain/platform_logs.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MS NS_PER_MS
#define S NS_PER_S

static const char *const nothing[] = {NULL};

static void test_defaults(void **state)
{
	struct config c;
	unsigned s;

	(void)state;
	config_read(&c, nothing);
	assert_true(c.enabled);
	assert_int_equal(c.flush.mode, FLUSH_ADAPTIVE);
	assert_true(c.flush.age == S);
	assert_true(c.flush_budget == 300 * MS);
	assert_true(c.flush_before_deadline == 200 * MS);
	assert_int_equal(c.buffer, 16 << 20);
	assert_int_equal(c.spool, 16 << 20);
	assert_string_equal(c.spool_folder, "/tmp/lull");
	assert_false(c.self_metrics);
	assert_true(c.platform_metrics);
	assert_int_equal(c.temporality, TEMPORALITY_CUMULATIVE);
	assert_int_equal(c.invocation_spans, SPANS_AUTO);
	assert_true(c.last_words);
	assert_int_equal(c.platform_logs, PLATFORM_LOG_ERRORS);
	assert_int_equal(c.log_level, LOG_INFO);
	assert_int_equal(c.http_port, 4318);
	assert_null(c.service_name);
	assert_null(c.resource_attributes);
	for (s = 0; s < OTLP_SIGNALS; s++) {
		assert_null(c.destinations[0].export[s].endpoint);
		assert_null(c.destinations[0].export[s].headers);
		assert_null(c.destinations[0].export[s].certificate);
		assert_true(c.destinations[0].export[s].timeout == 10 * S);
		assert_int_equal(c.destinations[0].export[s].compression, COMPRESSION_GZIP);
	}
	assert_int_equal(c.problem_count, 0);
	config_free(&c);
}

/* A sixteenth of the function's memory, which Lambda gives in MB; what is set holds before it. */
static void test_default_buffer(void **state)
{
	static const struct {
		const char *memory, *buffer;
		size_t expected;
	} cases[] = {
		{"128", "", 8 << 20},
		{"512", "", 32 << 20},
		{"1024", "", 64 << 20},
		{"1000", "", 62 << 20},
		/* 4 MB at least, 64 MB at most */
		{"48", "", 4 << 20},
		{"64", "", 4 << 20},
		{"79", "", 4 << 20},
		{"80", "", 5 << 20},
		{"1040", "", 64 << 20},
		{"10240", "", 64 << 20},
		{"99999999999999999999", "", 64 << 20},
		/* not known */
		{"", "", 16 << 20},
		{"0", "", 16 << 20},
		{"much", "", 16 << 20},
		/* set */
		{"128", "1MB", 1 << 20},
		{"128", "100MB", 100 << 20},
		{"128", "x", 8 << 20},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		char memory[100], buffer[100];
		const char *const environment[] = {memory, buffer, NULL};
		struct config c;

		snprintf(memory, sizeof memory, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=%s",
			 cases[i].memory);
		snprintf(buffer, sizeof buffer, "LULL_BUFFER=%s", cases[i].buffer);
		config_read(&c, environment);
		assert_int_equal(c.buffer, cases[i].expected);
		assert_int_equal(c.problem_count, strcmp(cases[i].buffer, "x") == 0);
		config_free(&c);
	}
}

/* ---- Every setting, good and bad ---- */

#define TEMPORALITY "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"

static const char *const temporalities[] = {[TEMPORALITY_CUMULATIVE] = "cumulative",
					    [TEMPORALITY_DELTA] = "delta",
					    [TEMPORALITY_LOWMEMORY] = "lowmemory"};

static const char *const spans[] = {
	[SPANS_AUTO] = "auto", [SPANS_ALWAYS] = "always", [SPANS_NEVER] = "never"};

/* The value of one setting as text, as a test can spell it. */
static const char *value_of(const struct config *c, const char *name)
{
	const struct export_settings *e = &c->destinations[0].export[OTLP_LOGS];
	static const char *const modes[] = {
		[FLUSH_ADAPTIVE] = "adaptive", [FLUSH_END] = "end", [FLUSH_LAZY] = "lazy"};
	static char text[200];

	if (strcmp(name, "LULL_ENABLED") == 0)
		return c->enabled ? "true" : "false";
	if (strcmp(name, "LULL_ENDPOINT") == 0)
		return e->endpoint ? e->endpoint : "none";
	if (strcmp(name, "LULL_CERTIFICATE") == 0)
		return e->certificate ? e->certificate : "none";
	if (strcmp(name, "LULL_COMPRESSION") == 0)
		return e->compression == COMPRESSION_GZIP ? "gzip" : "none";
	if (strcmp(name, "OTEL_SERVICE_NAME") == 0)
		return c->service_name ? c->service_name : "none";
	if (strcmp(name, "OTEL_RESOURCE_ATTRIBUTES") == 0)
		return c->resource_attributes ? c->resource_attributes : "none";
	if (strcmp(name, "LULL_SPOOL_FOLDER") == 0)
		return c->spool_folder ? c->spool_folder : "none";
	if (strcmp(name, "LULL_SELF_METRICS") == 0)
		return c->self_metrics ? "true" : "false";
	if (strcmp(name, "LULL_SELF_LOGS") == 0)
		return c->self_logs ? "true" : "false";
	if (strcmp(name, "LULL_PLATFORM_METRICS") == 0)
		return c->platform_metrics ? "true" : "false";
	if (strcmp(name, "LULL_INVOCATION_SPANS") == 0)
		return spans[c->invocation_spans];
	if (strcmp(name, "LULL_LAST_WORDS") == 0)
		return c->last_words ? "true" : "false";
	if (strcmp(name, TEMPORALITY) == 0)
		return temporalities[c->temporality];
	if (strcmp(name, "LULL_FLUSH") == 0)
		snprintf(text, sizeof text, "%s %jd", modes[c->flush.mode], (intmax_t)c->flush.age);
	else if (strcmp(name, "LULL_TIMEOUT") == 0)
		snprintf(text, sizeof text, "%jd", (intmax_t)e->timeout);
	else if (strcmp(name, "LULL_PLATFORM_LOGS") == 0)
		snprintf(text, sizeof text, "%u", c->platform_logs);
	else if (strcmp(name, "LULL_FLUSH_BUDGET") == 0)
		snprintf(text, sizeof text, "%jd", (intmax_t)c->flush_budget);
	else if (strcmp(name, "LULL_FLUSH_BEFORE_DEADLINE") == 0)
		snprintf(text, sizeof text, "%jd", (intmax_t)c->flush_before_deadline);
	else if (strcmp(name, "LULL_BUFFER") == 0)
		snprintf(text, sizeof text, "%zu", c->buffer);
	else if (strcmp(name, "LULL_SPOOL") == 0)
		snprintf(text, sizeof text, "%zu", c->spool);
	else if (strcmp(name, "LULL_HTTP_PORT") == 0)
		snprintf(text, sizeof text, "%u", c->http_port);
	else if (strcmp(name, "LULL_GRPC_PORT") == 0)
		snprintf(text, sizeof text, "%u", c->grpc_port);
	else if (strcmp(name, "AWS_LAMBDA_LOG_FORMAT") == 0)
		snprintf(text, sizeof text, "%d", (int)c->log_format);
	else if (strstr(name, "_LOG_LEVEL"))
		snprintf(text, sizeof text, "%d", (int)c->log_level);
	else
		fail_msg("%s is not known here", name);
	return text;
}

static const struct {
	const char *name, *value;
	const char *result; /* NULL: refused, its default holds */
} settings[] = {
	{"LULL_ENABLED", "true", "true"},
	{"LULL_ENABLED", "1", "true"},
	{"LULL_ENABLED", "Yes", "true"},
	{"LULL_ENABLED", "ON", "true"},
	{"LULL_ENABLED", "false", "false"},
	{"LULL_ENABLED", "False", "false"},
	{"LULL_ENABLED", "0", "false"},
	{"LULL_ENABLED", "no", "false"},
	{"LULL_ENABLED", "off", "false"},
	{"LULL_ENABLED", "", "true"},
	{"LULL_ENABLED", "2", NULL},
	{"LULL_ENABLED", "tru", NULL},
	{"LULL_ENABLED", "false ", NULL},

	{"LULL_ENDPOINT", "https://h/x?key=1", "https://h/x/v1/logs?key=1"},
	{"LULL_ENDPOINT", "https://h/?key=a/b/", "https://h/v1/logs?key=a/b/"},
	{"LULL_ENDPOINT", "https://h#top", "https://h/v1/logs#top"},
	{"LULL_ENDPOINT", "http://a", "http://a/v1/logs"},
	{"LULL_ENDPOINT", "HTTPS://a.example:4318", "HTTPS://a.example:4318/v1/logs"},
	{"LULL_ENDPOINT", "https://a/", "https://a/v1/logs"},
	{"LULL_ENDPOINT", "https://a/base//", "https://a/base/v1/logs"},
	{"LULL_ENDPOINT", "http://[::2]:4318", "http://[::2]:4318/v1/logs"},
	{"LULL_ENDPOINT", "ftp://a", NULL},
	{"LULL_ENDPOINT", "grpc://a:4317", NULL},
	{"LULL_ENDPOINT", "http://", NULL},
	{"LULL_ENDPOINT", "http:///v1", NULL},
	{"LULL_ENDPOINT", "https://:4318", NULL},
	{"LULL_ENDPOINT", "http:/a", NULL},
	{"LULL_ENDPOINT", "http://a b", NULL},
	{"LULL_ENDPOINT", " http://a", NULL},
	{"LULL_ENDPOINT", "http://a\n", NULL},
	{"LULL_ENDPOINT", "xhttp://a", NULL},

	{"LULL_TIMEOUT", "1", "1000000"},
	{"LULL_TIMEOUT", "250", "250000000"},
	{"LULL_TIMEOUT", "500ms", "500000000"},
	{"LULL_TIMEOUT", "10s", "10000000000"},
	{"LULL_TIMEOUT", "2m", "120000000000"},
	{"LULL_TIMEOUT", "2min", "120000000000"},
	{"LULL_TIMEOUT", "3S", "3000000000"},
	{"LULL_TIMEOUT", "9223372036s", "9223372036000000000"},
	{"LULL_TIMEOUT", "0", NULL},
	{"LULL_TIMEOUT", "0s", NULL},
	{"LULL_TIMEOUT", "-1", NULL},
	{"LULL_TIMEOUT", "+1", NULL},
	{"LULL_TIMEOUT", " 1", NULL},
	{"LULL_TIMEOUT", "1 s", NULL},
	{"LULL_TIMEOUT", "1.5s", NULL},
	{"LULL_TIMEOUT", "1h", NULL},
	{"LULL_TIMEOUT", "s", NULL},
	{"LULL_TIMEOUT", "0x10", NULL},
	{"LULL_TIMEOUT", "1e3", NULL},
	{"LULL_TIMEOUT", "9223372037s", NULL},
	{"LULL_TIMEOUT", "18446744073709551617", NULL},
	{"LULL_TIMEOUT", "999999999999999999999999", NULL},

	{"LULL_COMPRESSION", "gzip", "gzip"},
	{"LULL_COMPRESSION", "GZIP", "gzip"},
	{"LULL_COMPRESSION", "none", "none"},
	{"LULL_COMPRESSION", "zstd", NULL},
	{"LULL_COMPRESSION", "gzip,none", NULL},

	{"LULL_CERTIFICATE", "/a/b.pem", "/a/b.pem"},
	{"LULL_CERTIFICATE", "", "none"},

	{"LULL_FLUSH", "adaptive", "adaptive 1000000000"},
	{"LULL_FLUSH", "Adaptive", "adaptive 1000000000"},
	{"LULL_FLUSH", "end", "end 1000000000"},
	{"LULL_FLUSH", "LAZY", "lazy 1000000000"},
	{"LULL_FLUSH", "", "adaptive 1000000000"},
	/* a duration is lazy, with that as the age */
	{"LULL_FLUSH", "5s", "lazy 5000000000"},
	{"LULL_FLUSH", "250", "lazy 250000000"},
	{"LULL_FLUSH", "1m", "lazy 60000000000"},
	{"LULL_FLUSH", "0", NULL},
	{"LULL_FLUSH", "0s", NULL},
	{"LULL_FLUSH", "-5s", NULL},
	{"LULL_FLUSH", "5 s", NULL},
	{"LULL_FLUSH", "1h", NULL},
	{"LULL_FLUSH", "never", NULL},
	{"LULL_FLUSH", "end,lazy", NULL},
	{"LULL_FLUSH", "lazy ", NULL},

	{"LULL_FLUSH_BUDGET", "1", "1000000"},
	{"LULL_FLUSH_BUDGET", "2s", "2000000000"},
	{"LULL_FLUSH_BUDGET", "0", NULL},
	{"LULL_FLUSH_BUDGET", "fast", NULL},

	{"LULL_FLUSH_BEFORE_DEADLINE", "1", "1000000"},
	{"LULL_FLUSH_BEFORE_DEADLINE", "500ms", "500000000"},
	{"LULL_FLUSH_BEFORE_DEADLINE", "0", NULL},
	{"LULL_FLUSH_BEFORE_DEADLINE", "soon", NULL},

	{"LULL_BUFFER", "1", "1"},
	{"LULL_BUFFER", "100000", "100000"},
	{"LULL_BUFFER", "64KB", "65536"},
	{"LULL_BUFFER", "64k", "65536"},
	{"LULL_BUFFER", "2MB", "2097152"},
	{"LULL_BUFFER", "2M", "2097152"},
	{"LULL_BUFFER", "2mib", "2097152"},
	{"LULL_BUFFER", "3KiB", "3072"},
	{"LULL_BUFFER", "0", NULL},
	{"LULL_BUFFER", "0MB", NULL},
	{"LULL_BUFFER", "-1", NULL},
	{"LULL_BUFFER", "MB", NULL},
	{"LULL_BUFFER", "1.5MB", NULL},
	{"LULL_BUFFER", "16 MB", NULL},
	{"LULL_BUFFER", "99999999999999MB", NULL},
	{"LULL_BUFFER", "9223372036854775808", NULL},

	{"LULL_SPOOL", "1", "1"},
	{"LULL_SPOOL", "64KB", "65536"},
	{"LULL_SPOOL", "100MB", "104857600"},
	{"LULL_SPOOL", "", "16777216"},
	{"LULL_SPOOL", "0", "0"},
	{"LULL_SPOOL", "off", "0"},
	{"LULL_SPOOL", "OFF", "0"},
	{"LULL_SPOOL", "false", "0"},
	{"LULL_SPOOL", "no", "0"},
	{"LULL_SPOOL", "none", "0"},
	{"LULL_SPOOL", "on", NULL},
	{"LULL_SPOOL", "true", NULL},
	{"LULL_SPOOL", "-1", NULL},
	{"LULL_SPOOL", "0MB", NULL},
	{"LULL_SPOOL", "off ", NULL},
	{"LULL_SPOOL", "99999999999999MB", NULL},

	{"LULL_SPOOL_FOLDER", "/mnt/x y", "/mnt/x y"},
	{"LULL_SPOOL_FOLDER", "", "/tmp/lull"},

	{"LULL_SELF_METRICS", "true", "true"},
	{"LULL_SELF_METRICS", "1", "true"},
	{"LULL_SELF_METRICS", "false", "false"},
	{"LULL_SELF_METRICS", "off", "false"},
	{"LULL_SELF_METRICS", "some", NULL},

	{"LULL_SELF_LOGS", "false", "false"},
	{"LULL_SELF_LOGS", "1", "true"},
	{"LULL_SELF_LOGS", "warn", NULL},

	{"LULL_PLATFORM_METRICS", "false", "false"},
	{"LULL_PLATFORM_METRICS", "1", "true"},
	{"LULL_PLATFORM_METRICS", "all", NULL},

	{"LULL_INVOCATION_SPANS", "auto", "auto"},
	{"LULL_INVOCATION_SPANS", "Always", "always"},
	{"LULL_INVOCATION_SPANS", "never", "never"},
	{"LULL_INVOCATION_SPANS", "false", NULL},

	{"LULL_PLATFORM_LOGS", "errors", "1"},
	{"LULL_PLATFORM_LOGS", "init,Start", "6"},
	{"LULL_PLATFORM_LOGS", "end,report,errors", "25"},
	{"LULL_PLATFORM_LOGS", "all", "31"},
	{"LULL_PLATFORM_LOGS", "none", "0"},
	{"LULL_PLATFORM_LOGS", "start,", NULL},
	{"LULL_PLATFORM_LOGS", "start, end", NULL},
	{"LULL_PLATFORM_LOGS", "startstartstartstart", NULL},

	{"LULL_LAST_WORDS", "false", "false"},
	{"LULL_LAST_WORDS", "on", "true"},
	{"LULL_LAST_WORDS", "none", NULL},

	{"LULL_HTTP_PORT", "1", "1"},
	{"LULL_HTTP_PORT", "65535", "65535"},
	{"LULL_HTTP_PORT", "0", NULL},
	{"LULL_HTTP_PORT", "65536", NULL},
	{"LULL_HTTP_PORT", "4318x", NULL},
	{"LULL_HTTP_PORT", "-4318", NULL},
	{"LULL_HTTP_PORT", "http", NULL},
	{"LULL_HTTP_PORT", "18446744073709555934", NULL},

	{"LULL_GRPC_PORT", "", "4317"},
	{"LULL_GRPC_PORT", "1", "1"},
	{"LULL_GRPC_PORT", "0", NULL},

	{"LULL_LOG_LEVEL", "error", "0"},
	{"LULL_LOG_LEVEL", "WARN", "1"},
	{"LULL_LOG_LEVEL", "info", "2"},
	{"LULL_LOG_LEVEL", "debug", "3"},
	{"LULL_LOG_LEVEL", "trace", "3"},
	{"LULL_LOG_LEVEL", "FATAL", "0"},
	{"LULL_LOG_LEVEL", "loud", NULL},
	{"LULL_LOG_LEVEL", "2", NULL},
	{"AWS_LAMBDA_LOG_LEVEL", "WARN", "1"},
	{"AWS_LAMBDA_LOG_LEVEL", "TRACE", "3"},
	{"AWS_LAMBDA_LOG_LEVEL", "loud", NULL},

	{"AWS_LAMBDA_LOG_FORMAT", "JSON", "1"},
	{"AWS_LAMBDA_LOG_FORMAT", "Text", "0"},
	{"AWS_LAMBDA_LOG_FORMAT", "", "0"},
	{"AWS_LAMBDA_LOG_FORMAT", "XML", NULL},

	{"OTEL_SERVICE_NAME", "a name", "a name"},
	{"OTEL_SERVICE_NAME", "", "none"},
	{"OTEL_RESOURCE_ATTRIBUTES", "a=b", "a=b"},

	{TEMPORALITY, "cumulative", "cumulative"},
	{TEMPORALITY, "Delta", "delta"},
	{TEMPORALITY, "LOWMEMORY", "lowmemory"},
	{TEMPORALITY, "low_memory", NULL},
};

static void test_every_setting(void **state)
{
	struct config defaults;
	size_t i;

	(void)state;
	config_read(&defaults, nothing);
	for (i = 0; i < LENGTH(settings); i++) {
		char line[200], expected[200];
		const char *const environment[] = {"OTHER=1", line, NULL};
		struct config c;

		snprintf(line, sizeof line, "%s=%s", settings[i].name, settings[i].value);
		snprintf(expected, sizeof expected, "%s",
			 settings[i].result ? settings[i].result
					    : value_of(&defaults, settings[i].name));
		config_read(&c, environment);
		assert_string_equal(value_of(&c, settings[i].name), expected);
		if (settings[i].result) {
			assert_int_equal(c.problem_count, 0);
		} else {
			/* Said once, with the name, the value and what to write. */
			assert_int_equal(c.problem_count, 1);
			assert_non_null(strstr(c.problems[0], line));
			assert_non_null(strstr(c.problems[0], "write "));
		}
		config_free(&c);
	}
	config_free(&defaults);
}

/* ---- Names ---- */

static void test_four_names(void **state)
{
	static const char *const prefixes[] = {"OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_LOGS_",
					       "LULL_", "LULL_LOGS_"};
	unsigned set, i;

	(void)state;
	/* Every subset of the four: the last one that is set holds; for the other signals the last
	 * one that is no signal's. */
	for (set = 0; set < 16; set++) {
		static const int64_t own = 10 * S;
		char lines[4][100];
		const char *environment[5] = {NULL};
		int64_t logs = own, traces = own;
		struct config c;
		size_t n = 0;

		for (i = 0; i < 4; i++) {
			if (!(set & 1u << i))
				continue;
			snprintf(lines[n], sizeof lines[n], "%sTIMEOUT=%us", prefixes[i], i + 1);
			environment[n] = lines[n];
			n++;
			logs = (i + 1) * S;
			traces = i % 2 ? traces : logs;
		}
		config_read(&c, environment);
		assert_true(c.destinations[0].export[OTLP_LOGS].timeout == logs);
		assert_true(c.destinations[0].export[OTLP_TRACES].timeout == traces);
		assert_true(c.destinations[0].export[OTLP_METRICS].timeout == traces);
		assert_int_equal(c.problem_count, 0);
		config_free(&c);
	}
}

/* lull's own level goes before the function's. */
static void test_two_log_levels(void **state)
{
	static const char *const environment[] = {"AWS_LAMBDA_LOG_LEVEL=ERROR",
						  "LULL_LOG_LEVEL=debug", NULL};
	struct config c;

	(void)state;
	config_read(&c, environment);
	assert_int_equal(c.log_level, LOG_DEBUG);
	config_free(&c);
}

static void test_endpoints_of_signals(void **state)
{
	static const char *const environment[] = {
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://otel",
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://otel-metrics/x/",
		"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://otel-logs",
		"LULL_LOGS_ENDPOINT=http://lull-logs/a?b=c",
		NULL,
	};
	struct config c;

	(void)state;
	config_read(&c, environment);
	/* A general one gets its path, one of a signal is taken as it is. */
	assert_string_equal(c.destinations[0].export[OTLP_TRACES].endpoint,
			    "http://otel/v1/traces");
	assert_string_equal(c.destinations[0].export[OTLP_METRICS].endpoint,
			    "http://otel-metrics/x/");
	assert_string_equal(c.destinations[0].export[OTLP_LOGS].endpoint, "http://lull-logs/a?b=c");
	assert_int_equal(c.problem_count, 0);
	config_free(&c);
}

static void test_each_setting_of_each_signal(void **state)
{
	static const char *const environment[] = {
		"LULL_TRACES_COMPRESSION=none",    "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE=/logs.pem",
		"LULL_CERTIFICATE=/all.pem",       "OTEL_EXPORTER_OTLP_METRICS_HEADERS=a=b",
		"OTEL_EXPORTER_OTLP_TIMEOUT=1234", NULL,
	};
	struct config c;
	unsigned s;

	(void)state;
	config_read(&c, environment);
	assert_int_equal(c.destinations[0].export[OTLP_TRACES].compression, COMPRESSION_NONE);
	assert_int_equal(c.destinations[0].export[OTLP_LOGS].compression, COMPRESSION_GZIP);
	assert_null(c.destinations[0].export[OTLP_LOGS].headers);
	assert_string_equal(c.destinations[0].export[OTLP_METRICS].headers[0], "a: b");
	for (s = 0; s < OTLP_SIGNALS; s++) {
		assert_string_equal(c.destinations[0].export[s].certificate, "/all.pem");
		assert_true(c.destinations[0].export[s].timeout == 1234 * MS);
	}
	config_free(&c);
}

/* A bad general value is wrong for those signals that have none of their own: said once. */
static void test_general_problems(void **state)
{
	static const struct {
		const char *environment[5];
		unsigned problems;
	} cases[] = {
		{{"LULL_TIMEOUT=x"}, 1},
		{{"LULL_TIMEOUT=x", "LULL_TRACES_TIMEOUT=1s"}, 1},
		{{"LULL_TIMEOUT=x", "LULL_TRACES_TIMEOUT=1s", "LULL_LOGS_TIMEOUT=1s"}, 1},
		{{"LULL_TIMEOUT=x", "LULL_TRACES_TIMEOUT=1s", "LULL_LOGS_TIMEOUT=1s",
		  "LULL_METRICS_TIMEOUT=1s"},
		 0},
		{{"LULL_TIMEOUT=x", "LULL_TRACES_TIMEOUT=x", "LULL_LOGS_TIMEOUT=y"}, 3},
		{{"LULL_TIMEOUT=x", "LULL_LOGS_TIMEOUT=y"}, 2},
		{{"LULL_HEADERS=x", "LULL_TRACES_HEADERS=a=b"}, 1},
		{{"LULL_TIMEOUT=x", "LULL_ENDPOINT=x", "LULL_BUFFER=x"}, 3},
		/* What does not hold is not looked at. */
		{{"OTEL_EXPORTER_OTLP_TIMEOUT=x", "LULL_TIMEOUT=1s"}, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct config c;

		config_read(&c, cases[i].environment);
		assert_int_equal(c.problem_count, cases[i].problems);
		config_free(&c);
	}
}

/* More than there is room for: the first are said. */
static void test_many_problems(void **state)
{
	static const char *const names[] = {"LULL_TRACES_", "LULL_LOGS_", "LULL_METRICS_"};
	static const char *const keys[] = {"ENDPOINT", "HEADERS", "TIMEOUT", "COMPRESSION"};
	char lines[20][64];
	const char *environment[21] = {NULL};
	struct config c;
	size_t n = 0, i, k;

	(void)state;
	for (i = 0; i < LENGTH(names); i++)
		for (k = 0; k < LENGTH(keys); k++)
			snprintf(lines[n++], sizeof lines[0], "%s%s=!", names[i], keys[k]);
	for (i = 0; i < 5; i++) {
		static const char *const plain[] = {"ENABLED", "BUFFER", "HTTP_PORT", "LOG_LEVEL",
						    "FLUSH_BUDGET"};

		snprintf(lines[n++], sizeof lines[0], "LULL_%s=!", plain[i]);
	}
	for (i = 0; i < n; i++)
		environment[i] = lines[i];
	config_read(&c, environment);
	assert_true(n > CONFIG_PROBLEMS);
	assert_int_equal(c.problem_count, CONFIG_PROBLEMS);
	config_free(&c);
	assert_int_equal(c.problem_count, 0);
}

static void test_env(void **state)
{
	static const char *const environment[] = {"AB=1", "A=2", "A=3", "E=", "F", "G==", NULL};

	(void)state;
	assert_string_equal(config_env(environment, "A"), "2");
	assert_string_equal(config_env(environment, "AB"), "1");
	assert_string_equal(config_env(environment, "G"), "=");
	assert_null(config_env(environment, "E"));
	assert_null(config_env(environment, "F"));
	assert_null(config_env(environment, "B"));
	assert_null(config_env(nothing, "A"));
}

/* All there is is told to people, in lines that a terminal has room for. */
static void test_help(void **state)
{
	struct bytes out = {0};
	const char *text, *line;
	char rest[100];
	size_t i;

	(void)state;
	config_help(&out);
	text = bytes_cstr(&out);
	assert_non_null(text);
	for (i = 0; i < LENGTH(settings); i++)
		assert_non_null(strstr(text, settings[i].name));
	assert_non_null(strstr(text, "LULL_HEADERS"));
	assert_non_null(strstr(text, "300ms"));
	/* A long text goes on in the next line, below its start. */
	snprintf(rest, sizeof rest, " or off: none;\n%39sbeyond it the oldest goes\n", "");
	assert_non_null(strstr(text, rest));
	for (line = text; *line; line += strcspn(line, "\n") + 1) {
		assert_in_range(strcspn(line, "\n"), 1, 100);
		/* The texts stand below each other, whatever the names and defaults; one that is
		 * too long for its column has a line of its own. */
		if (*line == ' ' && (line[2] == ' ' || strcspn(line + 2, " ") <= 26))
			assert_true(line[38] == ' ' && line[39] != ' ');
	}
	bytes_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_default_buffer),
		cmocka_unit_test(test_every_setting),
		cmocka_unit_test(test_four_names),
		cmocka_unit_test(test_two_log_levels),
		cmocka_unit_test(test_endpoints_of_signals),
		cmocka_unit_test(test_each_setting_of_each_signal),
		cmocka_unit_test(test_general_problems),
		cmocka_unit_test(test_many_problems),
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
