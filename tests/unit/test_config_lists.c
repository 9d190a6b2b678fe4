/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of words, headers and other lists of key=value, and endpoints that are secret or lull
 * itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/config_lists.h"
#include "domain/config_read.h"
#include "short_memory.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void test_list(void **state)
{
	static const struct {
		const char *text;
		const char *members; /* each in brackets */
	} cases[] = {
		{"", "[]"},      {"a", "[a]"},    {"a,b", "[a][b]"},    {",", "[][]"},
		{"a,", "[a][]"}, {",a", "[][a]"}, {"a,,b", "[a][][b]"}, {" a , b ", "[ a ][ b ]"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		const char *rest = cases[i].text;
		char members[40] = "";
		struct slice member;

		while (config_list_next(&rest, &member))
			sprintf(members + strlen(members), "[%.*s]", (int)member.len,
				(const char *)member.data);
		assert_string_equal(members, cases[i].members);
		assert_null(rest);
	}
}

static void test_headers(void **state)
{
	static const struct {
		const char *text;
		const char *lines[4];
	} cases[] = {
		{"a=b", {"a: b"}},
		{"api-key=s3cr3t,x=y", {"api-key: s3cr3t", "x: y"}},
		{" a = b , c=d ", {"a: b", "c: d"}},
		{"Authorization=Basic%20dXNlcjpwdw==", {"Authorization: Basic dXNlcjpwdw=="}},
		{"Authorization=Bearer a b", {"Authorization: Bearer a b"}},
		{"a=%2C%3d%25%C3%A9", {"a: ,=%\xc3\xa9"}},
		{"a=%20b%20", {"a:  b "}},
		{"a=", {"a: "}},
		{"a=x;p=1", {"a: x;p=1"}},
		{",a=b,,", {"a: b"}},
		{",", {NULL}},
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		char line[200];
		const char *const environment[] = {line, NULL};
		struct config c;
		char **headers;

		snprintf(line, sizeof line, "LULL_HEADERS=%s", cases[i].text);
		config_read(&c, environment);
		assert_int_equal(c.problem_count, 0);
		headers = c.destinations[0].export[OTLP_METRICS].headers;
		for (k = 0; headers && headers[k]; k++)
			assert_string_equal(headers[k], cases[i].lines[k]);
		assert_null(cases[i].lines[k]);
		config_free(&c);
	}
}

/* What cannot be read is ignored whole, and none of it is said: it may be a secret. */
static void test_bad_headers(void **state)
{
	static const char *const cases[] = {
		"s3cr3t",
		"a=b,s3cr3t",
		"=s3cr3t",
		"a=s3cr3t%",
		"a=s3cr3t%4",
		"a=s3cr3t%4g",
		"a=s3cr3t%0d%0aX-Injected:%20yes",
		"a=s3cr3t%00",
		"a=s3cr3t%1b",
		"a b=s3cr3t",
		"a:b=s3cr3t",
		"a\x7f=s3cr3t",
		"caf\xc3\xa9=s3cr3t",
		"a\tb=s3cr3t",
		":a=s3cr3t",
		"a=%0as3cr3t",
	};
	static const char *const names[] = {"LULL_HEADERS", "LULL_LOGS_HEADERS",
					    "OTEL_EXPORTER_OTLP_HEADERS",
					    "OTEL_EXPORTER_OTLP_LOGS_HEADERS"};
	size_t i, k;

	(void)state;
	for (i = 0; i < LENGTH(cases) * LENGTH(names); i++) {
		const char *name = names[i % LENGTH(names)];
		char line[200];
		const char *const environment[] = {line, NULL};
		struct config c;

		snprintf(line, sizeof line, "%s=%s", name, cases[i / LENGTH(names)]);
		config_read(&c, environment);
		assert_null(c.destinations[0].export[OTLP_LOGS].headers);
		assert_int_equal(c.problem_count, 1);
		for (k = 0; k < c.problem_count; k++) {
			assert_null(strstr(c.problems[k], "s3cr3t"));
			assert_non_null(strstr(c.problems[k], name));
		}
		config_free(&c);
	}
}

/* A user and password in a URL are no less secret. */
static void test_secret_endpoints(void **state)
{
	static const char *const cases[] = {
		"LULL_ENDPOINT=https//user:s3cr3t@host",
		"LULL_ENDPOINT=user:s3cr3t@host:4318",
		"LULL_TRACES_ENDPOINT=http://user:s3cr3t@localhost:4318/v1/traces",
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		const char *const environment[] = {cases[i], NULL};
		struct config c;

		config_read(&c, environment);
		assert_null(c.destinations[0].export[OTLP_TRACES].endpoint);
		assert_int_equal(c.problem_count, 1);
		assert_null(strstr(c.problems[0], "s3cr3t"));
		config_free(&c);
	}
}

/* Memory is short while the list is read: no header less than there should be. */
static void test_headers_short_memory(void **state)
{
	static const char *const environment[] = {"LULL_HEADERS=a=b,c=d", NULL};
	int at;

	(void)state;
	for (at = 1; at < 20; at++) {
		struct config c;
		char **headers;
		unsigned s;

		short_memory_at = at;
		config_read(&c, environment);
		for (s = 0; s < OTLP_SIGNALS; s++) {
			headers = c.destinations[0].export[s].headers;
			assert_true(!headers || (headers[0] && headers[1] && !headers[2]));
		}
		assert_int_equal(c.problem_count, short_memory_at == 0);
		config_free(&c);
		if (short_memory_at > 0)
			break;
	}
	short_memory_at = 0;
	assert_in_range(at, 2, 19);
}

/* ---- lull itself ---- */

static void test_own_endpoint(void **state)
{
	static const struct {
		const char *endpoint;
		const char *port; /* NULL: 4318 */
		bool own;
	} cases[] = {
		{"http://localhost:4318", NULL, true},
		{"http://LOCALHOST:4318/base", NULL, true},
		{"http://localhost.:4318", NULL, true},
		{"https://localhost:4318", NULL, true},
		{"http://127.0.0.1:4318", NULL, true},
		{"http://[::1]:4318", NULL, true},
		{"http://0.0.0.0:4318", NULL, true},
		{"http://[::]:4318", NULL, true},
		{"http://sandbox:4318", NULL, true},
		{"http://sandbox.localdomain:4318", NULL, true},
		{"http://user:password@localhost:4318", NULL, true},
		{"http://localhost:9000", "LULL_HTTP_PORT=9000", true},
		{"http://localhost", "LULL_HTTP_PORT=80", true},
		{"http://localhost/base", "LULL_HTTP_PORT=80", true},
		{"https://localhost", "LULL_HTTP_PORT=443", true},
		{"http://localhost:4317", NULL, true},
		{"http://localhost:9000", "LULL_GRPC_PORT=9000", true},
		/* another program beside us, and hosts that only begin alike */
		{"http://localhost:4319", NULL, false},
		{"http://localhost:43180", NULL, false},
		{"http://localhost", NULL, false},
		{"http://localhost:4318", "LULL_HTTP_PORT=9000", false},
		{"http://localhost:4317", "LULL_GRPC_PORT=9000", false},
		{"https://localhost", "LULL_HTTP_PORT=80", false},
		{"http://localhost.example:4318", NULL, false},
		{"http://localhostess:4318", NULL, false},
		{"http://127.0.0.11:4318", NULL, false},
		{"http://backend:4318", NULL, false},
		{"http://backend:4318/@localhost:4318", NULL, false},
		{"http://backend/localhost:4318", NULL, false},
		{"http://localhost:4318@backend:4318", NULL, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		char line[200];
		const char *const environment[] = {line, cases[i].port, NULL};
		struct config c;
		unsigned s;

		snprintf(line, sizeof line, "OTEL_EXPORTER_OTLP_ENDPOINT=%s", cases[i].endpoint);
		config_read(&c, environment);
		if ((c.destinations[0].export[0].endpoint == NULL) != cases[i].own)
			fail_msg("%s", cases[i].endpoint);
		for (s = 1; s < OTLP_SIGNALS; s++)
			assert_int_equal(c.destinations[0].export[s].endpoint == NULL,
					 cases[i].own);
		assert_int_equal(c.problem_count, cases[i].own);
		if (cases[i].own)
			assert_non_null(strstr(c.problems[0], "lull itself"));
		config_free(&c);
	}
}

/* One signal comes back to us, the others have their backend. */
static void test_own_endpoint_of_one(void **state)
{
	static const char *const environment[] = {
		"LULL_ENDPOINT=http://backend",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://backend/traces",
		"LULL_LOGS_ENDPOINT=http://localhost:4318/v1/logs",
		NULL,
	};
	struct config c;

	(void)state;
	config_read(&c, environment);
	assert_string_equal(c.destinations[0].export[OTLP_TRACES].endpoint,
			    "http://backend/v1/traces");
	assert_null(c.destinations[0].export[OTLP_LOGS].endpoint);
	assert_string_equal(c.destinations[0].export[OTLP_METRICS].endpoint,
			    "http://backend/v1/metrics");
	assert_int_equal(c.problem_count, 1);
	config_free(&c);
}

static void note_pair(void *ctx, struct slice key, struct slice value)
{
	struct bytes *out = ctx;

	bytes_addf(out, "[%.*s|%.*s]", (int)key.len, (const char *)key.data, (int)value.len,
		   (const char *)value.data);
}

static void test_pairs(void **state)
{
	static const struct {
		const char *list;
		bool ok;
		const char *pairs; /* all that came before what is bad */
	} cases[] = {
		{"", true, ""},
		{" , ", true, ""},
		{"a=b", true, "[a|b]"},
		{"a=b,c=d", true, "[a|b][c|d]"},
		{" a\t=\tb , ", true, "[a|b]"},
		{"a=b=c", true, "[a|b=c]"},
		{"a=", true, "[a|]"},
		{"a=%41%62%2c", true, "[a|Ab,]"},
		{"a=%25%34%31", true, "[a|%41]"},
		{"a=%7f%F0%0a%a0%0F%90", true, "[a|\x7f\xf0\n\xa0\x0f\x90]"},
		{"a=b+c", true, "[a|b+c]"},
		{"a=x y", true, "[a|x y]"},
		{"a%41=b", true, "[a%41|b]"},
		{"a", false, ""},
		{"=b", false, ""},
		{" =b", false, ""},
		{"a=b,c", false, "[a|b]"},
		{"a=%", false, ""},
		{"a=%4", false, ""},
		{"a=%4,b=1", false, ""},
		{"a=1,b=%g1,c=3", false, "[a|1]"},
		{"a=%1g", false, ""},
		{"a=%-1", false, ""},
		{"a=% 1", false, ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct bytes out = {0};

		assert_int_equal(config_pairs(cases[i].list, note_pair, &out), cases[i].ok);
		assert_string_equal(bytes_cstr(&out), cases[i].pairs);
		bytes_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_secret_endpoints),
		cmocka_unit_test(test_headers_short_memory),
		cmocka_unit_test(test_own_endpoint),
		cmocka_unit_test(test_own_endpoint_of_one),
		cmocka_unit_test(test_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
