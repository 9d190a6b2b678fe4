/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "guard.h"

#define FFFD "\xef\xbf\xbd"

/* The encoding that RFC 3629 section 3 gives for any number, allowed or not. */
static size_t encode(uint32_t c, uint8_t to[static 4])
{
	if (c < 0x80) {
		to[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (uint8_t)(0xc0 | c >> 6);
		to[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (uint8_t)(0xe0 | c >> 12);
		to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		to[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (uint8_t)(0xf0 | c >> 18);
	to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	to[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

static void test_every_code_point(void **state)
{
	uint8_t buffer[4];
	uint32_t c;

	(void)state;
	for (c = 0; c < 0x120000; c++) {
		size_t len = encode(c, buffer), cut;
		bool surrogate = c >= 0xd800 && c <= 0xdfff;
		struct slice at_guard = guard_put(slice_of(buffer, len));

		if (utf8_valid(at_guard) != (!surrogate && c <= 0x10ffff))
			fail_msg("U+%04X is judged wrongly", c);
		for (cut = 1; cut < len; cut++)
			if (utf8_valid(slice_of(buffer, cut)))
				fail_msg("U+%04X cut to %zu bytes passes", c, cut);
	}
}

static void test_every_pair(void **state)
{
	unsigned a, b;

	(void)state;
	for (a = 0; a < 256; a++) {
		for (b = 0; b < 256; b++) {
			uint8_t pair[2] = {(uint8_t)a, (uint8_t)b};
			bool two = a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf;
			bool good = two || (a < 0x80 && b < 0x80);

			if (utf8_valid(guard_put(slice_of(pair, 2))) != good)
				fail_msg("%02x %02x is judged wrongly", a, b);
		}
	}
}

/* Whole words are looked at together: every place in them must count. */
static void test_every_position(void **state)
{
	uint8_t text[40];
	size_t len, at;

	(void)state;
	for (len = 0; len <= sizeof(text); len++) {
		memset(text, 'a', sizeof(text));
		assert_true(utf8_valid(guard_put(slice_of(text, len))));
		for (at = 0; at < len; at++) {
			text[at] = 0x80;
			assert_false(utf8_valid(guard_put(slice_of(text, len))));
			text[at] = 'a';
			if (at + 2 > len)
				continue;
			memcpy(text + at, "\xc3\xa9", 2);
			assert_true(utf8_valid(guard_put(slice_of(text, len))));
			memset(text + at, 'a', 2);
		}
	}
}

static void test_overlong(void **state)
{
	static const char *const bad[] = {
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x80\x80",
		"\xe0\x9f\xbf",
		"\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf8\x88\x80\x80\x80",
		"\xfe",
		"\xff",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf4\x90\x80\x80",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(utf8_valid(guard_put(slice_str(bad[i]))));
	assert_true(utf8_valid((struct slice){NULL, 0}));
	assert_true(utf8_valid(slice_of("a\0b", 3)));
}

static void test_repair(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"na\xc3\xafve \xf0\x9f\x98\x80", "na\xc3\xafve \xf0\x9f\x98\x80"},
		{"\xff", FFFD},
		{"a\x80"
		 "b",
		 "a" FFFD "b"},
		{"\x80"
		 "abc",
		 FFFD "abc"},
		{"abc\xc3", "abc" FFFD},
		{"long enough for words \xe9 and more of it",
		 "long enough for words " FFFD " and more of it"},
		{"\xff\xfe"
		 "x",
		 FFFD FFFD "x"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes out = {0};

		utf8_repair(&out, guard_put(slice_str(cases[i].in)));
		assert_true(slice_is(bytes_slice(&out), cases[i].out));
		bytes_free(&out);
	}
}

/* Whatever comes in, what comes out is valid, and repairing that changes nothing. */
static void test_repair_always_valid(void **state)
{
	static const uint8_t odd[] = {'a', 0x80, 0xbf, 0xc3, 0xe0, 0xed, 0xa0, 0xf0, 0xf4, 0x90};
	uint32_t seed = 1;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		struct bytes once = {0}, twice = {0};
		uint8_t text[24];
		size_t len = (size_t)i % sizeof(text), k;

		for (k = 0; k < len; k++) {
			seed = seed * 1664525 + 1013904223;
			text[k] = odd[(seed >> 16) % sizeof(odd)];
		}
		utf8_repair(&once, guard_put(slice_of(text, len)));
		assert_true(utf8_valid(bytes_slice(&once)));
		utf8_repair(&twice, bytes_slice(&once));
		assert_true(slice_equal(bytes_slice(&once), bytes_slice(&twice)));
		assert_int_equal(utf8_valid(slice_of(text, len)),
				 slice_equal(slice_of(text, len), bytes_slice(&once)));
		bytes_free(&once);
		bytes_free(&twice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_point), cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_every_position),   cmocka_unit_test(test_overlong),
		cmocka_unit_test(test_repair),           cmocka_unit_test(test_repair_always_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
