/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "guard.h"
#include "wire/json_escape.h"
#include "wire/json_mend.h"
#include "wire/json_valid.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Is the text valid, for us and for jansson alike? */
static bool both(struct slice text)
{
	bool ours = json_valid(guard_put(text));
	json_t *json = json_loadb((const char *)text.data, text.len,
				  JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	if (ours != (json != NULL))
		fail_msg("%.*s: %d", (int)text.len, (const char *)text.data, ours);
	json_decref(json);
	return ours;
}

static const char *const good[] = {
	"{}",
	"[]",
	"\"\"",
	"0",
	"-0",
	"1",
	"-1.5",
	"0.5",
	"1e5",
	"1E+5",
	"1.5e-5",
	"true",
	"false",
	"null",
	" [ 1 , 2 ] ",
	"\t{\"a\" : {\"b\":[ ]}\n}\r",
	"[[],{},[{}]]",
	"{\"a\":1,\"a\":2}",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\ud83d\\ude00\"",
	"\"caf\xc3\xa9 \xf0\x9f\x98\x80\"",
	"\"\x7f\"",
	"\"longer than eight \\\" and more\"",
	"9223372036854775807",
	"-9223372036854775808",
	"123456789012345678",
	"1e308",
	"{\"k\\u00e9y\":[true,null,-1]}",
	"[\"12345678\",\"1234567\\n\",\"123456789\xc3\xa9\"]",
};

static const char *const bad[] = {
	"",
	" ",
	"{",
	"}",
	"[",
	"]",
	"\"",
	"[1",
	"[1,",
	"[1,]",
	"[,]",
	"[1 2]",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1,}",
	"{,}",
	"{a:1}",
	"{1:2}",
	"{\"a\":1 \"b\":2}",
	"[1}",
	"{\"a\":1]",
	"[]]",
	"{}{}",
	"1 2",
	"tru",
	"trues",
	"nul",
	"True",
	"NaN",
	"Infinity",
	"-",
	"+1",
	"01",
	"-01",
	"1.",
	".5",
	"1e",
	"1e+",
	"1.e5",
	"0x1",
	"1e400",
	"9223372036854775808",
	"-9223372036854775809",
	"\"a\tb\"",
	"\"a\nb\"",
	"\"\x01\"",
	"\"\\x41\"",
	"\"\\u12\"",
	"\"\\u12g4\"",
	"\"\\ud800\"",
	"\"\\udc00\"",
	"\"\\ud800\\u0041\"",
	"\"\\ud83d\\ud83d\"",
	"\"\xff\"",
	"\"\xc3\"",
	"\"\xed\xa0\x80\"",
	"\"\xc0\x80\"",
	"\"\xf5\x80\x80\x80\"",
	"\"abc\\\"",
	"\"12345678\t\"",
	"[\"a\",\"b]",
	"'a'",
	"/* */1",
	"{\"a\":1}x",
};

static void test_texts(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < LENGTH(good); i++)
		assert_true(both(slice_str(good[i])));
	for (i = 0; i < LENGTH(bad); i++)
		assert_false(both(slice_str(bad[i])));
	/* Cut anywhere, as jansson has it. */
	for (i = 0; i < LENGTH(good); i++)
		for (len = 0; len < strlen(good[i]); len++)
			both(slice_of(good[i], len));
	assert_false(json_valid((struct slice){NULL, 0}));
	/* A NUL is no end. */
	assert_false(json_valid(slice_of("1\0", 2)));
	assert_false(json_valid(slice_of("\"\0\"", 3)));
}

/* Any byte anywhere in a string, before and behind the words of eight. */
static void test_every_byte(void **state)
{
	unsigned byte, at;

	(void)state;
	for (byte = 1; byte < 256; byte++) {
		for (at = 1; at < 20; at++) {
			char text[24] = "\"abcdefghijklmnopqrst\"";

			text[at] = (char)byte;
			both(slice_str(text));
		}
	}
}

static void test_depth(void **state)
{
	char text[2 * JSON_VALID_DEPTH + 4];
	size_t depth;

	(void)state;
	for (depth = JSON_VALID_DEPTH - 1; depth <= JSON_VALID_DEPTH + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		assert_int_equal(both(slice_of(text, 2 * depth)), depth <= JSON_VALID_DEPTH);
	}
	memset(text, '{', sizeof text);
	assert_false(both(slice_of(text, sizeof text)));
}

static void test_unescape(void **state)
{
	static const struct {
		const char *inner, *text;
	} cases[] = {
		{"", ""},
		{"as it is", "as it is"},
		{"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
		{"a\\u0041\\u00e9\\u20ac\\ud83d\\ude00z",
		 "aA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"},
		{"a\\u0000b", "a\xef\xbf\xbd"
			      "b"},
		{"\\u007f\\u0080\\u07ff\\u0800\\uffff",
		 "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
		{"\\udbff\\udfff", "\xf4\x8f\xbf\xbf"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct bytes out = {0};

		json_unescape(guard_put(slice_str(cases[i].inner)), &out);
		assert_true(slice_is(bytes_slice(&out), cases[i].text));
		bytes_free(&out);
	}
}

/* What was valid is left as it is, byte by byte. */
static void test_mending_nothing(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(good); i++) {
		struct bytes out = {0};

		json_mend(guard_put(slice_str(good[i])), &out);
		assert_true(slice_is(bytes_slice(&out), good[i]));
		bytes_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),           cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_depth),           cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_mending_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
