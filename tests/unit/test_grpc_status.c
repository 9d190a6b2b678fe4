/* SPDX-License-Identifier: Apache-2.0 */
/* grpc-message: what is encoded, and where it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/grpc_status.h"

static void test_texts(void **state)
{
	static const struct {
		const char *text, *encoded;
	} cases[] = {
		{"", ""},
		{"no room: come again (14)!", "no room: come again (14)!"},
		{"100 %", "100 %25"},
		{"%41", "%2541"},
		{"a\nb\tc\r", "a%0Ab%09c%0D"},
		{"\x1f ~\x7f", "%1F ~%7F"},
		{"ü 漢", "%C3%BC %E6%BC%A2"},
		{"\xff", "%FF"},
	};
	char out[GRPC_STATUS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(grpc_status_encode(cases[i].text, out), strlen(cases[i].encoded));
		assert_string_equal(out, cases[i].encoded);
	}
}

/* Every byte comes back as what it was, and is sent as what a header field may have. */
static void test_every_byte(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		char text[] = {'<', (char)c, '>', 0}, out[GRPC_STATUS_TEXT];
		unsigned decoded = 0;
		size_t len = grpc_status_encode(text, out);

		assert_true(len == 3 || len == 5);
		if (len == 5)
			assert_int_equal(sscanf(out, "<%%%2X>", &decoded), 1);
		else
			decoded = (unsigned char)out[1];
		assert_int_equal(decoded, c);
		for (size_t i = 0; i < len; i++)
			assert_in_range(out[i], 0x20, 0x7e);
	}
}

/* An escape is there whole or not at all. */
static void test_too_long(void **state)
{
	char text[2 * GRPC_STATUS_TEXT] = "", out[GRPC_STATUS_TEXT];

	(void)state;
	for (size_t plain = 0; plain < 5; plain++) {
		memset(text, '%', sizeof(text) - 1);
		memset(text, 'x', plain);
		assert_true(grpc_status_encode(text, out) < GRPC_STATUS_TEXT);
		assert_true(strlen(out) >= GRPC_STATUS_TEXT - 3);
		assert_int_equal((strlen(out) - plain) % 3, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
