/* SPDX-License-Identifier: Apache-2.0 */
/* What a URL is read as, and what of it may be shown: never what is secret, however it was
 * written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/config_own.h"
#include "domain/url_shown.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void test_shown(void **state)
{
	static const struct {
		const char *url, *shown;
	} cases[] = {
		{"https://host", "https://host"},
		{"https://host/x", "https://host/x"},
		{"https://host:4318/x?key=s3cret", "https://host:4318/x"},
		{"https://host#s3cret", "https://host"},
		{"https://[::1]:4318/x", "https://[::1]:4318/x"},
		{"host:4317", "host:4317"},
		{"https://s3cret@host/x", "https://host/x"},
		{"https://user:s3cret@host/x", "https://host/x"},
		{"https://user:s3@cret@host/x", "https://host/x"},
		{"user:s3cret@host:4317", "host:4317"},
		/* Not escaped. */
		{"https://user:s3/cret@host/x", "https://***@host/x"},
		{"https://user:s3/cret@host:4318/x?key=s3cret", "https://***@host:4318/x"},
		{"https://user:/s3cret@host", "https://***@host"},
		{"https://user:443/s3cret@host", "https://***@host"},
		{"https://user:s3?cret@host/x", "https://***@host/x"},
		{"https://user:s3#cret@host/x", "https://***@host/x"},
		{"https://s3/cret@host/x", "https://***@host/x"},
		{"https://user@s3/cret@host/x", "https://***@host/x"},
		{"user:s3://cret@host:4317", "***@host:4317"},
		{"user:s3/cret@host:4317", "***@host:4317"},
		/* Who can know that this is no password? */
		{"https://host/team@s3cret/x?a@b", "https://***@b"},
		{"", ""},
		{"@", ""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct bytes out = {0};

		url_add_shown(&out, cases[i].url);
		assert_string_equal(bytes_cstr(&out), cases[i].shown);
		bytes_free(&out);
	}
}

static void test_read(void **state)
{
	static const struct {
		const char *url, *host;
		unsigned port;
		bool local;
	} cases[] = {
		{"https://host/x", "host/x", 443, false},
		{"http://host", "host", 80, false},
		{"HTTP://host:1?x", "host:1?x", 1, false},
		{"host:4317", "host:4317", 4317, false},
		{"https://u:p@host:7/a@b", "host:7/a@b", 7, false},
		{"https://[2001:db8::1]:7/", "[2001:db8::1]:7/", 7, false},
		{"http://localhost", "localhost", 80, true},
		{"http://u@LocalHost:4318/x", "LocalHost:4318/x", 4318, true},
		{"http://[::1]:4317", "[::1]:4317", 4317, true},
		{"http://127.0.0.1:4318", "127.0.0.1:4318", 4318, true},
		{"http://sandbox.localdomain:4318", "sandbox.localdomain:4318", 4318, true},
		{"http://localhost.example.com", "localhost.example.com", 80, false},
		{"https://host//localhost", "host//localhost", 443, false},
		/* As whoever sends there reads it: RFC 3986, 3.2. */
		{"https://user:1/2@localhost", "user:1/2@localhost", 1, false},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		assert_string_equal(config_host(cases[i].url), cases[i].host);
		assert_int_equal(config_port(cases[i].url), cases[i].port);
		assert_int_equal(config_is_local(cases[i].url), cases[i].local);
		assert_int_equal(config_is_own(cases[i].url, 4318),
				 cases[i].local && cases[i].port == 4318);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
