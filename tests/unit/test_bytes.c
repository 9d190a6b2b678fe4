/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "guard.h"
#include "short_memory.h"

static void test_slices(void **state)
{
	struct slice abc = slice_str("abc"), none = {NULL, 0};

	(void)state;
	assert_true(slice_is(abc, "abc"));
	assert_false(slice_is(abc, "ab"));
	assert_false(slice_is(abc, "abcd"));
	assert_false(slice_is(abc, "abd"));
	assert_true(slice_is(none, ""));
	assert_true(slice_equal(none, slice_str("")));
	assert_int_equal(slice_str(NULL).len, 0);
	assert_true(slice_starts(abc, ""));
	assert_true(slice_starts(none, ""));
	assert_true(slice_starts(abc, "ab"));
	assert_true(slice_starts(abc, "abc"));
	assert_false(slice_starts(abc, "abcd"));
	assert_false(slice_starts(abc, "b"));
	assert_true(slice_equal(slice_of("a\0b", 3), slice_of("a\0b", 3)));
	assert_false(slice_equal(slice_of("a\0b", 3), slice_of("a\0c", 3)));
}

/* Of every length, with a difference at every place, and nothing behind it is read. */
static void test_equal(void **state)
{
	uint8_t other[40], text[40];

	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)('a' + i % 26);
	for (size_t len = 0; len <= sizeof text; len++) {
		memcpy(other, text, sizeof text);
		assert_true(slice_equal(guard_put(slice_of(text, len)), slice_of(other, len)));
		assert_true(slice_equal(slice_of(other, len), guard_put(slice_of(text, len))));
		for (size_t at = 0; at < len; at++) {
			other[at] ^= 0x80;
			assert_false(
				slice_equal(guard_put(slice_of(text, len)), slice_of(other, len)));
			other[at] ^= 0x80;
		}
		assert_false(slice_equal(slice_of(text, len), slice_of(text, len + 1)));
	}
}

static void test_find(void **state)
{
	struct slice hay = guard_put(slice_str("aaab-aab"));

	(void)state;
	assert_ptr_equal(slice_find(hay, slice_str("aab")), hay.data + 1);
	assert_ptr_equal(slice_find(hay, slice_str("-aab")), hay.data + 4);
	assert_ptr_equal(slice_find(hay, slice_str("")), hay.data);
	assert_ptr_equal(slice_find(hay, hay), hay.data);
	assert_null(slice_find(hay, slice_str("aabb")));
	assert_null(slice_find(hay, slice_str("aaab-aabx")));
	assert_null(slice_find((struct slice){NULL, 0}, slice_str("a")));
}

static void test_take_until(void **state)
{
	static const struct {
		const char *in, *taken, *rest;
	} cases[] = {
		{"", "", ""},    {"a", "a", ""},    {";", "", ""},
		{"a;", "a", ""}, {"a;b", "a", "b"}, {";;a", "", ";a"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice rest = guard_put(slice_str(cases[i].in));

		assert_true(slice_is(slice_take_until(&rest, ';'), cases[i].taken));
		assert_true(slice_is(rest, cases[i].rest));
	}
}

static void test_trim(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", ""},           {" ", ""},   {" \t\r\n", ""},    {"a", "a"},
		{" a", "a"},        {"a ", "a"}, {"\ta b\n", "a b"}, {"\r\n x \r\n", "x"},
		{"\va\v", "\va\v"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(slice_is(slice_trim(guard_put(slice_str(cases[i].in))), cases[i].out));
}

static void test_append(void **state)
{
	struct bytes b = {0};
	char expected[3000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(expected); i++) {
		expected[i] = (char)('a' + i % 26);
		bytes_addc(&b, (uint8_t)expected[i]);
	}
	assert_int_equal(b.len, sizeof(expected));
	assert_memory_equal(b.data, expected, sizeof(expected));
	bytes_append(&b, NULL, 0);
	bytes_add(&b, (struct slice){NULL, 0});
	assert_int_equal(b.len, sizeof(expected));
	bytes_addf(&b, "%s=%d;", "k", -7);
	assert_true(slice_is(slice_of(b.data + sizeof(expected), 5), "k=-7;"));
	assert_int_equal(b.len, sizeof(expected) + 5);
	assert_false(b.failed);
	bytes_free(&b);
	assert_null(b.data);
	assert_int_equal(b.cap, 0);
}

/* What is printed must fit to the last byte whatever room there was before. */
static void test_addf_sizes(void **state)
{
	char text[200];
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(text); len++) {
		struct bytes b = {0};

		memset(text, 'x', len);
		text[len] = 0;
		bytes_addf(&b, "%s", text);
		bytes_addf(&b, "%s!", text);
		assert_int_equal(b.len, 2 * len + 1);
		assert_memory_equal(b.data, text, len);
		assert_int_equal(b.data[2 * len], '!');
		bytes_free(&b);
	}
}

static void test_cstr(void **state)
{
	struct bytes b = {0};

	(void)state;
	assert_string_equal(bytes_cstr(&b), "");
	bytes_add(&b, slice_str("abc"));
	assert_string_equal(bytes_cstr(&b), "abc");
	assert_int_equal(b.len, 3);
	while (b.len < b.cap)
		bytes_addc(&b, 'y');
	assert_int_equal(strlen(bytes_cstr(&b)), b.len);
	bytes_free(&b);
}

static void test_reserve(void **state)
{
	struct bytes b = {0};
	uint8_t *data;

	(void)state;
	assert_true(bytes_reserve(&b, 1000));
	assert_true(b.cap >= 1000);
	assert_int_equal(b.len, 0);
	data = b.data;
	memset(data, 1, 1000);
	bytes_append(&b, "abc", 3);
	assert_ptr_equal(b.data, data);
	assert_true(bytes_reserve(&b, 0));
	bytes_free(&b);
}

static void test_reserve_overflow(void **state)
{
	struct bytes b = {0};

	(void)state;
	bytes_addc(&b, 'a');
	assert_false(bytes_reserve(&b, SIZE_MAX));
	assert_true(b.failed);
	assert_int_equal(b.len, 1);
	bytes_free(&b);
	assert_false(b.failed);
	assert_false(bytes_reserve(&b, SIZE_MAX));
	bytes_free(&b);
}

static void test_failure_sticks(void **state)
{
	struct bytes b = {0};

	(void)state;
	bytes_add(&b, slice_str("kept"));
	short_memory_at = 1;
	bytes_addf(&b, "%100s", "");
	assert_true(b.failed);
	assert_true(slice_is(bytes_slice(&b), "kept"));
	/* There would be room for these, but what came before is missing. */
	bytes_addc(&b, 'x');
	bytes_add(&b, slice_str("x"));
	bytes_addf(&b, "x");
	assert_null(bytes_cstr(&b));
	assert_true(slice_is(bytes_slice(&b), "kept"));
	assert_true(b.failed);
	bytes_free(&b);
	short_memory_at = 1;
	assert_null(bytes_cstr(&b));
	bytes_free(&b);
}

static void test_replace(void **state)
{
	static const struct {
		const char *was;
		size_t len;
		const char *by, *is;
	} cases[] = {
		{"abcdef", 2, "xy", "xycdef"},
		{"abcdef", 2, "wxyz", "wxyzcdef"},
		{"abcdef", 2, "x", "xcdef"},
		{"abcdef", 2, "", "cdef"},
		{"abcdef", 0, "xyz", "xyzabcdef"},
		{"abcdef", 6, "x", "x"},
		{"abcdef", 6, "", ""},
		{"", 0, "xyz", "xyz"},
		{"", 0, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = {0};

		bytes_add(&b, slice_str(cases[i].was));
		bytes_fit(&b);
		bytes_replace(&b, cases[i].len, slice_str(cases[i].by));
		assert_false(b.failed);
		assert_true(slice_is(bytes_slice(&b), cases[i].is));
		bytes_free(&b);
	}
}

static void test_replace_short_memory(void **state)
{
	struct bytes b = {0};

	(void)state;
	bytes_add(&b, slice_str("abc"));
	bytes_fit(&b);
	short_memory_at = 1;
	bytes_replace(&b, 1, slice_str("xy"));
	assert_true(b.failed);
	assert_true(slice_is(bytes_slice(&b), "abc"));
	/* As every append after a failure. */
	bytes_replace(&b, 1, slice_str("x"));
	assert_true(slice_is(bytes_slice(&b), "abc"));
	bytes_free(&b);
}

static void test_fit(void **state)
{
	struct bytes b = {0};

	(void)state;
	bytes_fit(&b);
	bytes_reserve(&b, 1 << 16);
	bytes_add(&b, slice_str("abc"));
	short_memory_at = 1;
	bytes_fit(&b);
	assert_false(b.failed);
	assert_true(slice_is(bytes_slice(&b), "abc"));
	bytes_fit(&b);
	assert_true(slice_is(bytes_slice(&b), "abc"));
	assert_int_equal(b.cap, 3);
	bytes_add(&b, slice_str("def"));
	assert_true(slice_is(bytes_slice(&b), "abcdef"));
	bytes_free(&b);
}

static void test_move(void **state)
{
	struct bytes a = {0}, b;

	(void)state;
	bytes_add(&a, slice_str("abc"));
	b = bytes_move(&a);
	assert_null(a.data);
	assert_int_equal(a.len + a.cap, 0);
	assert_true(slice_is(bytes_slice(&b), "abc"));
	bytes_free(&a);
	bytes_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices),         cmocka_unit_test(test_equal),
		cmocka_unit_test(test_find),           cmocka_unit_test(test_take_until),
		cmocka_unit_test(test_trim),           cmocka_unit_test(test_append),
		cmocka_unit_test(test_addf_sizes),     cmocka_unit_test(test_cstr),
		cmocka_unit_test(test_reserve),        cmocka_unit_test(test_reserve_overflow),
		cmocka_unit_test(test_replace),        cmocka_unit_test(test_replace_short_memory),
		cmocka_unit_test(test_failure_sticks), cmocka_unit_test(test_fit),
		cmocka_unit_test(test_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
