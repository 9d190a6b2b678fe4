/* SPDX-License-Identifier: Apache-2.0 */
/* What is secret is not to be read in what a backend or curl says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/secrets.h"

static char authorization[] = "authorization: Bearer s3cr3t-key";
static char short_one[] = "x-team: ops";
static char tenant[] = "x-tenant: acme corporation";
static char *headers[] = {authorization, short_one, tenant, NULL};
static char endpoint[] = "https://alice:pa%40ss:word@host/v1/traces";

static const struct {
	const char *text, *hidden;
} cases[] = {
	{"", ""},
	{"no such key", "no such key"},
	{"key s3cr3t-key is wrong", "key *** is wrong"},
	{"Bearer s3cr3t-key", "***"},
	{"s3cr3t-keys3cr3t-key", "******"},
	{"s3cr3t-ke", "s3cr3t-ke"},
	{"ops and Bearer", "ops and Bearer"},
	{"acme corporation", "***"},
	{"URL https://alice:pa%40ss:word@host", "URL https://***@host"},
	{"password pa@ss:word of alice", "password *** of ***"},
	{"password pa%40ss:word", "password ***"},
};

static void test_hidden(void **state)
{
	struct export_settings settings = {.headers = headers, .endpoint = endpoint};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes text = {0};

		bytes_add(&text, slice_str(cases[i].text));
		secrets_hide(&settings, &text);
		assert_string_equal(bytes_cstr(&text), cases[i].hidden);
		bytes_free(&text);
	}
}

/* A password whose / was not escaped: curl takes what is before it for a host, or for a host and a
 * port. */
static void test_not_escaped(void **state)
{
	static struct {
		char endpoint[40];
		const char *text, *hidden;
	} unescaped[] = {
		{"https://token-a/token-b@host/x", "Could not resolve host: token-a",
		 "Could not resolve host: ***"},
		{"https://token-a/token-b@host/x", "no token-a/token-b here", "no *** here"},
		{"https://token-a/token-b@host/x", "POST /token-b@host/x", "POST /***@host/x"},
		{"https://alice:12345/token-b@host", "alice port 12345", "*** port ***"},
		{"https://alice:12345?token-b@host", "12345?token-b", "***"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof unescaped / sizeof unescaped[0]; i++) {
		struct export_settings settings = {.endpoint = unescaped[i].endpoint};
		struct bytes text = {0};

		bytes_add(&text, slice_str(unescaped[i].text));
		secrets_hide(&settings, &text);
		assert_string_equal(bytes_cstr(&text), unescaped[i].hidden);
		bytes_free(&text);
	}
}

static void test_nothing_is_secret(void **state)
{
	struct export_settings settings = {0};
	struct bytes text = {0};

	(void)state;
	secrets_hide(&settings, &text);
	bytes_add(&text, slice_str("alice"));
	secrets_hide(&settings, &text);
	assert_string_equal(bytes_cstr(&text), "alice");
	bytes_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_not_escaped),
		cmocka_unit_test(test_nothing_is_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
