/* SPDX-License-Identifier: Apache-2.0 */
/* LULL_CONFIG: what is read of it, and that what cannot be read is named and loses nothing else.
 * What values it takes is compared with its JSON Schema by tests/docs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/now.h"
#include "domain/config_read.h"
#include "domain/config_source.h"
#include "short_memory.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The JSON in the variable, with others. */
static struct config read_with(const char *json, const char *more)
{
	static char line[1 << 17];
	const char *const environment[] = {line, "TOKEN=s3cret", "HOST=backend", more, NULL};
	struct config c;

	snprintf(line, sizeof line, "LULL_CONFIG=%s", json);
	config_read(&c, environment);
	return c;
}

static void require_problem(const struct config *c, const char *words)
{
	for (unsigned i = 0; i < c->problem_count; i++) {
		assert_null(strstr(c->problems[i], "s3cret"));
		if (strstr(c->problems[i], words))
			return;
	}
	fail_msg("not said: %s; but %s", words, c->problem_count ? c->problems[0] : "nothing");
}

static void test_all_of_it(void **state)
{
	struct config c = read_with(
		"{\"destinations\": ["
		"{\"name\": \"vendor\", \"endpoint\": \"https://${HOST}/x/?q\", \"timeout\": 1500,"
		" \"headers\": {\"authorization\": \"Bearer ${TOKEN}\", \"b\": \" a,=%\\u00e9$${x} \"}},"
		"{\"name\": \"own\", \"logs\": {\"endpoint\": \"http://own/l\", \"compression\": \"none\"},"
		" \"endpoint\": \"http://own\", \"headers\": \"a=b,c=${TOKEN}\","
		" \"certificate\": \"/ca\", \"signals\": [\"logs\", \"traces\"]}]}",
		NULL);
	const struct config_destination *d = c.destinations;

	(void)state;
	assert_int_equal(c.problem_count, 0);
	assert_int_equal(c.destination_count, 2);
	assert_string_equal(d[0].name, "vendor");
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		assert_true(d[0].export[s].timeout == 1500 * NS_PER_MS);
		assert_int_equal(d[0].export[s].compression, COMPRESSION_GZIP);
		assert_string_equal(d[0].export[s].headers[0], "authorization: Bearer s3cret");
		assert_string_equal(d[0].export[s].headers[1], "b:  a,=%\xc3\xa9${x} ");
		assert_null(d[0].export[s].headers[2]);
	}
	assert_string_equal(d[0].export[OTLP_METRICS].endpoint, "https://backend/x/v1/metrics?q");
	/* Whatever stands first in the file, what is said of one signal is said of that one. */
	assert_string_equal(d[1].export[OTLP_LOGS].endpoint, "http://own/l");
	assert_string_equal(d[1].export[OTLP_TRACES].endpoint, "http://own/v1/traces");
	assert_null(d[1].export[OTLP_METRICS].endpoint);
	assert_int_equal(d[1].export[OTLP_LOGS].compression, COMPRESSION_NONE);
	assert_int_equal(d[1].export[OTLP_TRACES].compression, COMPRESSION_GZIP);
	assert_true(d[1].export[OTLP_LOGS].timeout == 10 * NS_PER_S);
	assert_string_equal(d[1].export[OTLP_LOGS].headers[1], "c: s3cret");
	assert_string_equal(d[1].export[OTLP_LOGS].certificate, "/ca");
	assert_true(config_exports(&c) && config_takes(&c, OTLP_METRICS));
	config_free(&c);
}

/* Nothing of the environment's goes to a backend of the file, and what is in vain is said. */
static void test_instead_of_the_environment(void **state)
{
	static const char *const mores[] = {"LULL_ENDPOINT=http://other",
					    "LULL_LOGS_ENDPOINT=http://other/l",
					    "LULL_HEADERS=a=s3cret",
					    "LULL_TIMEOUT=1s",
					    "OTEL_EXPORTER_OTLP_ENDPOINT=http://other",
					    "OTEL_EXPORTER_OTLP_HEADERS=a=s3cret"};

	(void)state;
	for (size_t i = 0; i < LENGTH(mores); i++) {
		struct config c = read_with(
			"{\"destinations\": [{\"name\": \"a\", \"endpoint\": \"http://a\"}]}",
			mores[i]);

		assert_int_equal(c.destination_count, 1);
		for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
			assert_ptr_equal(strstr(c.destinations[0].export[s].endpoint, "http://a/"),
					 c.destinations[0].export[s].endpoint);
			assert_null(c.destinations[0].export[s].headers);
			assert_true(c.destinations[0].export[s].timeout == 10 * NS_PER_S);
		}
		assert_int_equal(c.problem_count, mores[i][0] == 'L');
		if (c.problem_count)
			require_problem(&c,
					"is ignored: the destinations are those of LULL_CONFIG");
		config_free(&c);
	}
}

/* What is wrong, in one of two destinations, and what is said. The other one holds in any case. */
static void test_what_is_wrong(void **state)
{
	static const struct {
		const char *destination, *words;
		bool stays;
	} cases[] = {
		{"{\"name\": \"b\", \"endpoint\": \"ftp://b\"}",
		 "destination b: endpoint=ftp://b cannot", false},
		{"{\"name\": \"b\"}", "destination b is left out: set its \"endpoint\"", false},
		{"{\"name\": \"b\", \"endpoint\": \"http://b\", \"timeout\": \"soon\"}",
		 "destination b: timeout=soon cannot be used: write a duration", true},
		{"{\"name\": \"b\", \"endpoint\": \"http://b\", \"logs\": {\"timeout\": []}}",
		 "destination b: logs.timeout cannot be read: write a duration", true},
		{"{\"name\": \"b\", \"endpoint\": \"http://b\", \"timuot\": 7}",
		 "destination b: \"timuot\" is no setting: is \"timeout\" meant?", true},
		{"{\"name\": \"b\", \"endpoint\": \"http://b\", \"logs\": {\"nmae\": 7}}",
		 "destination b: logs.\"nmae\" is no setting", true},
		{"{\"name\": \"b\", \"endpoint\": \"http://b\", \"headers\": \"s3cret\"}",
		 "destination b: headers cannot be read", true},
		{"{\"name\": \"b\", \"endpoint\": \"http://b\", \"headers\": {\"a b\": \"s3cret\"}}",
		 "destination b: headers cannot be read", true},
		{"{\"name\": \"b\", \"endpoint\": \"http://b\", \"headers\": {\"a\": \"${NONE}\"}}",
		 "destination b: headers is ignored: the variable NONE is not set", true},
		{"{\"name\": \"b\", \"endpoint\": \"x://u:s3cret@b\"}", "endpoint cannot be read",
		 false},
		{"{\"name\": \"b\", \"endpoint\": \"http://localhost:4317/\"}",
		 "destination b: the endpoint http://localhost:4317/opentelemetry.proto.collector.trace.v1.TraceService/Export is lull itself",
		 true},
		{"{\"name\": \"b\", \"endpoint\": \"http://b\", \"signals\": [\"spans\"]}",
		 "destination b: signals: spans is none", true},
		{"{\"name\": \"b\", \"endpoint\": \"http://b\", \"signals\": \"logs\"}",
		 "destination b: signals cannot be used: write a list", true},
		{"{\"name\": \"b\", \"logs\": {\"endpoint\": \"http://b\"}, \"signals\": [\"traces\","
		 "\"logs\"]}",
		 "destination b: traces has no endpoint", true},
		{"{\"endpoint\": \"http://b\"}",
		 "destination 2 has no name that can be used: it is "
		 "called _2",
		 true},
		{"{\"name\": \"nowhere\", \"endpoint\": \"http://b\"}", "destination 2 has no name",
		 true},
		{"{\"name\": \"a\", \"endpoint\": \"http://b\"}",
		 "two destinations have the name a: the "
		 "second is called _2",
		 true},
		{"[]", "destination 2 is left out: write {...}", false},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char json[400];
		struct config c;

		snprintf(json, sizeof json,
			 "{\"destinations\": [{\"name\": \"a\", \"endpoint\": \"http://a\"}, %s]}",
			 cases[i].destination);
		c = read_with(json, NULL);
		require_problem(&c, cases[i].words);
		assert_int_equal(c.destination_count, 1 + cases[i].stays);
		assert_string_equal(c.destinations[0].export[OTLP_LOGS].endpoint,
				    "http://a/v1/logs");
		config_free(&c);
	}
}

/* Names whose numbers on disk are the same (found by trying): their data could not be told
 * apart. */
static void test_names_that_are_alike_on_disk(void **state)
{
	static const struct {
		const char *first, *second, *words;
	} cases[] = {
		{"collector-tempo-team", "traces-primary-main",
		 "destination traces-primary-main has by chance the number of collector-tempo-team"},
		{"own", "ntdesmra", "destination ntdesmra has by chance the number of nowhere"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char json[300];
		struct config c;

		snprintf(json, sizeof json,
			 "{\"destinations\": [{\"name\": \"%s\", \"endpoint\": \"http://a\"},"
			 "{\"name\": \"%s\", \"endpoint\": \"http://b\"}]}",
			 cases[i].first, cases[i].second);
		c = read_with(json, NULL);
		assert_int_equal(c.problem_count, 1);
		require_problem(&c, cases[i].words);
		require_problem(&c, "it is called _2 until it has another name");
		assert_int_equal(c.destination_count, 2);
		assert_string_equal(c.destinations[0].name, cases[i].first);
		assert_string_equal(c.destinations[1].name, "_2");
		assert_string_equal(c.destinations[1].export[OTLP_LOGS].endpoint,
				    "http://b/v1/logs");
		config_free(&c);
	}
}

static void test_names_by_place(void **state)
{
	struct config c = read_with("{\"destinations\": [{\"endpoint\": \"http://a\"}, 7,"
				    "{\"name\": \"_1\", \"endpoint\": \"http://b\"}]}",
				    NULL);

	(void)state;
	assert_int_equal(c.destination_count, 2);
	assert_string_equal(c.destinations[0].name, "_1");
	assert_string_equal(c.destinations[1].name, "_3");
	config_free(&c);
}

/* The environment's destination holds where there is none that can be used. */
static void test_no_file(void **state)
{
	static const struct {
		const char *value, *words;
	} cases[] = {
		{"/no/such/file", "LULL_CONFIG=/no/such/file cannot be read: No such file"},
		{"/dev/zero", "it is no file"},
		{"/", "it is no file"},
		{"{\"destinations\": [\n{\"name\" \"s3cret\"}]}", "line 2, column 16: no JSON"},
		{"{\"destinations\": [], \"destinations\": []}", "a key stands there twice"},
		{"{\"destinations\": []}", "has no destination that can be used"},
		{"{\"destination\": []}",
		 "\"destination\" is no setting: is \"destinations\" meant?"},
		{"{\"destinations\": {\"name\": \"a\", \"endpoint\": \"http://a\"}}",
		 "has no destination that can be used"},
		{" {", "cannot be read: line 1"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct config c = read_with(cases[i].value, "LULL_ENDPOINT=http://other");

		require_problem(&c, cases[i].words);
		assert_int_equal(c.destination_count, 1);
		assert_null(c.destinations[0].name);
		assert_string_equal(c.destinations[0].export[OTLP_LOGS].endpoint,
				    "http://other/v1/logs");
		config_free(&c);
	}
}

/* A file of so many bytes, the JSON and blanks behind it. */
static void test_file(void **state)
{
	static const char json[] =
		"{\"destinations\": [{\"name\": \"a\", \"endpoint\": \"http://a\"}]}";
	static const size_t sizes[] = {sizeof json - 1, CONFIG_FILE_LIMIT, CONFIG_FILE_LIMIT + 1,
				       CONFIG_FILE_LIMIT * 20};
	char path[] = "/tmp/lull-config-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		struct config c;

		assert_int_equal(ftruncate(fd, 0), 0);
		for (size_t n = 0; n < sizes[i]; n += 4096) {
			char blanks[4096];

			memset(blanks, ' ', sizeof blanks);
			assert_true(pwrite(fd, blanks, sizes[i] - n < 4096 ? sizes[i] - n : 4096,
					   (off_t)n) > 0);
		}
		assert_int_equal(pwrite(fd, json, sizeof json - 1, 0), sizeof json - 1);
		c = read_with(path, NULL);
		if (i < 2)
			assert_string_equal(c.destinations[0].name, "a");
		else
			require_problem(&c, "it has more than 64 KB");
		config_free(&c);
	}
	close(fd);
	/* A pipe that nobody writes to. */
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(60);
	struct config c = read_with(path, NULL);
	alarm(0);
	require_problem(&c, "it is no file");
	config_free(&c);
	unlink(path);
}

static void test_more_than_there_may_be(void **state)
{
	char json[2000] = "{\"destinations\": [";
	struct config c;

	(void)state;
	for (unsigned i = 0; i < CONFIG_DESTINATIONS + 2; i++)
		snprintf(json + strlen(json), sizeof json - strlen(json),
			 "%s{\"name\": \"n%u\", \"endpoint\": \"http://n%u\"}", i ? "," : "", i, i);
	strcat(json, "]}");
	c = read_with(json, NULL);
	assert_int_equal(c.destination_count, CONFIG_DESTINATIONS);
	assert_int_equal(c.problem_count, 1);
	require_problem(&c, "more than 8 destinations");
	config_free(&c);
}

static void test_variables(void **state)
{
	static const char *const environment[] = {"A=1", "B={$}", "E=", NULL};
	static const struct {
		const char *text, *expected; /* NULL: `missing` is not set */
		const char *missing;
	} cases[] = {
		{"", "", NULL},          {"plain $ {A}", "plain $ {A}", NULL},
		{"${A}", "1", NULL},     {"x${A}y${B}z", "x1y{$}z", NULL},
		{"$${A}", "${A}", NULL}, {"$$${A}", "$${A}", NULL},
		{"${A", "${A", NULL},    {"${", "${", NULL},
		{"a${C}b", NULL, "C"},   {"${}", NULL, ""},
		{"${E}", NULL, "E"},     {"${A}${A B}", NULL, "A B"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct bytes out = {0};
		size_t len = 0;
		const char *missing = config_expand(cases[i].text, environment, &out, &len);

		assert_int_equal(!missing, cases[i].expected != NULL);
		if (missing)
			assert_true(slice_is(slice_of(missing, len), cases[i].missing));
		else
			assert_string_equal(bytes_cstr(&out), cases[i].expected);
		bytes_free(&out);
	}
}

/* Whatever allocation fails: said, or as it should be, and nothing leaks. */
static void test_short_memory(void **state)
{
	int at;

	(void)state;
	for (at = 1; at < 200; at++) {
		struct config c;
		bool failed;

		short_memory_at = at;
		c = read_with("{\"destinations\": [{\"name\": \"a\", \"endpoint\": \"http://a\", "
			      "\"headers\": {\"a\": \"b\"}, \"logs\": {\"headers\": \"c=d\"}}]}",
			      NULL);
		failed = short_memory_at == 0;
		short_memory_at = 0;
		assert_true(c.destination_count == 1);
		if (!failed)
			assert_int_equal(c.problem_count, 0);
		config_free(&c);
		if (!failed)
			break;
	}
	assert_in_range(at, 3, 199);
}

/* ---- Which signals ---- */

static void test_signals(void **state)
{
	static const char file[] =
		"LULL_CONFIG={\"destinations\": [{\"name\": \"a\", \"endpoint\": \"http://a\"}]}";
	static const struct {
		const char *set[3];
		const char *off; /* t, l, m */
		unsigned problems;
	} cases[] = {
		{{"LULL_ENDPOINT=http://a"}, "", 0},
		{{"LULL_ENDPOINT=http://a", "LULL_SIGNALS=all"}, "", 0},
		{{"LULL_ENDPOINT=http://a", "LULL_SIGNALS= Traces , LOGS,"}, "m", 0},
		{{file, "LULL_SIGNALS=metrics"}, "tl", 0},
		{{"LULL_ENDPOINT=http://a", "LULL_SIGNALS=traces,spans"}, "", 1},
		{{"LULL_ENDPOINT=http://a", "LULL_SIGNALS=,"}, "", 1},
		{{"LULL_ENDPOINT=http://a", "LULL_SIGNALS=tracestracestracestraces"}, "", 1},
		/* OpenTelemetry's: for where lull only took the SDK's place */
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a", "OTEL_SDK_DISABLED=True"}, "tlm", 0},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a", "OTEL_SDK_DISABLED=1"}, "", 0},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a", "OTEL_LOGS_EXPORTER=none"}, "l", 0},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a", "OTEL_LOGS_EXPORTER=console"}, "", 0},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a", "OTEL_TRACES_EXPORTER=NONE",
		  "OTEL_METRICS_EXPORTER=none"},
		 "tm",
		 0},
		{{"LULL_ENDPOINT=http://a", "OTEL_SDK_DISABLED=true"}, "", 0},
		{{"LULL_ENDPOINT=http://a", "OTEL_LOGS_EXPORTER=none"}, "", 0},
		{{"LULL_LOGS_ENDPOINT=http://a", "OTEL_SDK_DISABLED=true",
		  "OTEL_EXPORTER_OTLP_ENDPOINT=http://b"},
		 "tm",
		 0},
		{{file, "OTEL_SDK_DISABLED=true"}, "", 0},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a", "OTEL_SDK_DISABLED=true",
		  "LULL_SIGNALS=traces"},
		 "lm",
		 0},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *const environment[] = {cases[i].set[0], cases[i].set[1],
						   cases[i].set[2], NULL};
		struct config c;

		config_read(&c, environment);
		for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
			const char *name = otlp_signal_name((enum otlp_signal)s);

			if (c.off[s] != (strchr(cases[i].off, name[0]) != NULL))
				fail_msg("%s %s: %s", cases[i].set[0], cases[i].set[1], name);
			assert_false(c.off[s] && c.destinations[0].export[s].endpoint);
		}
		assert_int_equal(c.function_logs, !c.off[OTLP_LOGS]);
		assert_int_equal(config_is_off(&c), strlen(cases[i].off) == OTLP_SIGNALS);
		assert_int_equal(c.problem_count, cases[i].problems);
		config_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_it),
		cmocka_unit_test(test_instead_of_the_environment),
		cmocka_unit_test(test_what_is_wrong),
		cmocka_unit_test(test_names_that_are_alike_on_disk),
		cmocka_unit_test(test_names_by_place),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_more_than_there_may_be),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_short_memory),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
