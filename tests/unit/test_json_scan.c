/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "short_memory.h"
#include "wire/json_scan.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The elements of `text`, each behind a '|'. */
static const char *elements(struct slice text)
{
	static char all[4096];
	struct slice rest = text, element;
	size_t len = 0, count = 0;

	all[0] = 0;
	while (json_scan_array(&rest, &element)) {
		/* It ends: every element takes a byte at least. */
		assert_true(count++ <= text.len);
		assert_true(element.data >= text.data);
		assert_true(element.data + element.len <= text.data + text.len);
		len += (size_t)snprintf(all + len, sizeof all - len, "|%.*s", (int)element.len,
					(const char *)element.data);
	}
	return all;
}

static void test_arrays(void **state)
{
	static const struct {
		const char *text;
		const char *elements;
	} cases[] = {
		{"[]", ""},
		{" \t\r\n[ ] ", ""},
		{"[1]", "|1"},
		{" \n[1]", "|1"},
		{"[ 1 , \"two\" ,\n[3,3] , {\"four\":[4,{}]} ]",
		 "|1|\"two\"|[3,3]|{\"four\":[4,{}]}"},
		/* brackets, commas and escaped quotes in strings are text */
		{"[\"]\",\"a,b\",\"\\\"]\",\"\\\\\",\"{\"]",
		 "|\"]\"|\"a,b\"|\"\\\"]\"|\"\\\\\"|\"{\""},
		/* odd ones do not harm their neighbours */
		{"[1,,2]", "|1||2"},
		{"[,]", "|"},
		{"[1,]", "|1"},
		{"[1,}2},3]", "|1|}2}|3"},
		{"[nonsense more,{\"a\":1}]", "|nonsense more|{\"a\":1}"},
		/* not closed: as it is */
		{"[1,{\"a\":[", "|1|{\"a\":["},
		{"[1,\"abc", "|1|\"abc"},
		{"[1,\"abc\\", "|1|\"abc\\"},
		{"[", ""},
		{"[1,", "|1"},
		/* what is behind the end is none of it */
		{"[1] [2]", "|1"},
		/* no array */
		{"", ""},
		{" ", ""},
		{"{\"a\":1}", ""},
		{"1,2", ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		assert_string_equal(elements(guard_put(slice_str(cases[i].text))),
				    cases[i].elements);
	assert_string_equal(elements((struct slice){NULL, 0}), "");
}

static void test_members(void **state)
{
	static const struct {
		const char *text;
		const char *value; /* NULL: there is none */
	} cases[] = {
		{"{\"type\":\"a\"}", "\"a\""},
		{" {\n \"type\" :\t\"a\" } ", "\"a\""},
		{"{\"x\":1,\"type\":{\"y\":[1,2]},\"z\":3}", "{\"y\":[1,2]}"},
		{"{\"type\":1,\"type\":2}", "1"},
		{"{\"type\":}", ""},
		/* on its own level only, and no part of a name */
		{"{\"x\":{\"type\":1},\"type\":2}", "2"},
		{"{\"x\":{\"type\":1}}", NULL},
		{"{\"atype\":1,\"types\":2,\"typ\":3,\"\":4}", NULL},
		{"{\"x\":\"\\\"type\\\":1\"}", NULL},
		{"{\"x\":[\"type\",1],\"type\":2}", "2"},
		{"{\"\\\"\":1,\"type\":2}", "2"},
		/* not closed */
		{"{\"type\":\"ab", "\"ab"},
		{"{\"type\":[1,", "[1,"},
		{"{\"type\"", NULL},
		{"{\"type", NULL},
		{"{\"type\":", ""},
		{"{\"x\":1,", NULL},
		{"{", NULL},
		/* odd */
		{"{type:1}", NULL},
		{"{\"x\" 1,\"type\":2}", NULL},
		{"{\"x\":],\"type\":2}", "2"},
		{"{,\"type\":2}", NULL},
		{"{}", NULL},
		/* no object */
		{"", NULL},
		{"[\"type\",1]", NULL},
		{"[\"type\":1]", NULL},
		{"x\"type\":1}", NULL},
		{"\"type\"", NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct slice value = json_scan_member(guard_put(slice_str(cases[i].text)), "type");

		assert_int_equal(value.data == NULL, cases[i].value == NULL);
		if (cases[i].value && !slice_is(value, cases[i].value))
			fail_msg("%s: %.*s", cases[i].text, (int)value.len,
				 (const char *)value.data);
	}
	assert_null(json_scan_member((struct slice){NULL, 0}, "type").data);
}

/* What `text` is after parsing, as compact JSON; "refused" where it is none. */
static const char *parsed(struct slice text)
{
	static char out[4096];
	json_t *json = json_scan_parse(guard_put(text));
	size_t len;

	if (!json)
		return "refused";
	len = json_dumpb(json, out, sizeof out - 1, JSON_COMPACT | JSON_ENCODE_ANY);
	assert_in_range(len, 1, sizeof out - 1);
	out[len] = 0;
	json_decref(json);
	return out;
}

static void test_mending(void **state)
{
	static const struct {
		const char *text;
		const char *json;
	} cases[] = {
		/* nothing to mend */
		{"{\"a\":[1,-2.5,true,null,\"x\"]}", "{\"a\":[1,-2.5,true,null,\"x\"]}"},
		{"7", "7"},
		{"\"\\u0000\"", "\"\\u0000\""},
		{"\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\""},
		/* lone surrogates, and pairs beside them */
		{"\"\\ud83d\"", "\"\xef\xbf\xbd\""},
		{"\"\\ude00\"", "\"\xef\xbf\xbd\""},
		{"\"\\uDE00\\uD83D\"", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\"a\\ud83dxyz\"", "\"a\xef\xbf\xbdxyz\""},
		{"\"\\ud83d\\ud83d\\ude00\"", "\"\xef\xbf\xbd\xf0\x9f\x98\x80\""},
		{"\"\\ud83d\\n\\u0041\"", "\"\xef\xbf\xbd\\nA\""},
		{"\"\\\\ud83d \\ud83d\"", "\"\\\\ud83d \xef\xbf\xbd\""},
		{"\"\\udc00\\udc00\"", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\"\\ud83d\\ude00\\ud800\"", "\"\xf0\x9f\x98\x80\xef\xbf\xbd\""},
		{"\"\\ud83d\\ude00\t\"", "\"\xf0\x9f\x98\x80\\t\""},
		{"{\"\\udc00\":1}", "{\"\xef\xbf\xbd\":1}"},
		/* numbers out of range keep their digits, the others their types */
		{"1e400", "\"1e400\""},
		{"-1e400", "\"-1e400\""},
		{"[1e+400,1e+2]", "[\"1e+400\",100.0]"},
		{"[1e400,1e300,1E-400,-0.5]", "[\"1e400\",1.0000000000000001e300,0.0,-0.5]"},
		{"9223372036854775807", "9223372036854775807"},
		{"9223372036854775808", "\"9223372036854775808\""},
		{"-9223372036854775809", "\"-9223372036854775809\""},
		{"[1767323045678000000,-9223372036854775808,9223372036854775807,1e400]",
		 "[1767323045678000000,-9223372036854775808,9223372036854775807,\"1e400\"]"},
		{"[123456789012345678901234567890123456789012345678901234567890123456789012]",
		 "[\"123456789012345678901234567890123456789012345678901234567890123456789012\"]"},
		{"[1234567890123456789012345678901234567890123456789012345678901234]",
		 "[\"1234567890123456789012345678901234567890123456789012345678901234\"]"},
		{"\"in a string 1e400 \\ud800\"", "\"in a string 1e400 \xef\xbf\xbd\""},
		/* bytes that are no UTF-8 */
		{"\"a\xff"
		 "b\xc3\"",
		 "\"a\xef\xbf\xbd"
		 "b\xef\xbf\xbd\""},
		{"{\"k\xed\xa0\x80\":1}", "{\"k\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\":1}"},
		/* bare control characters */
		{"\"a\tb\nc\x01"
		 "d\"",
		 "\"a\\tb\\nc\\u0001d\""},
		{"{\n\"a\":\n\t1e999}", "{\"a\":\"1e999\"}"},
		/* Python's and others' numbers that are none */
		{"[NaN,Infinity,-Infinity]", "[\"NaN\",\"Infinity\",\"-Infinity\"]"},
		{"{\"NaN\":\"Infinity\",\"x\":NaN}", "{\"NaN\":\"Infinity\",\"x\":\"NaN\"}"},
		/* all at once */
		{"{\"a\":\"\\ud800\xfe\t\",\"b\":1e400,\"c\":true}",
		 "{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\\t\",\"b\":\"1e400\",\"c\":true}"},
		/* no JSON at all */
		{"", "refused"},
		{" ", "refused"},
		{"nonsense", "refused"},
		{"{\"a\":1", "refused"},
		{"\"abc", "refused"},
		{"\"abc\\", "refused"},
		{"\"\\u12", "refused"},
		{"\"\\ud800", "refused"},
		{"\"\\uzzzz\"", "refused"},
		{"\"\\x41\"", "refused"},
		{"[1 2]", "refused"},
		{"1 2", "refused"},
		{"-", "refused"},
		{"--1", "refused"},
		{"01", "refused"},
		{"{\"a\":1}}", "refused"},
		{"nan", "refused"},
		{"Inf", "refused"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		assert_string_equal(parsed(slice_str(cases[i].text)), cases[i].json);
	assert_string_equal(parsed(slice_of("\"a\0b\"", 5)), "\"a\\u0000b\"");
	/* What stands behind a NUL would be lost. */
	assert_string_equal(parsed(slice_of("1\0", 2)), "refused");
	assert_string_equal(parsed(slice_of("{\"a\":1}\0{\"b\":2}", 15)), "refused");
	assert_null(json_scan_parse((struct slice){NULL, 0}));
}

static const char odd[] = "[{\"time\":\"t\",\"type\":\"function\",\"record\":{\"a\\\"\":\"\\ud800"
			  "\\ud83d\\ude00\\\\\",\"n\":[1e400,-12345678901234567890,0.1]}},"
			  "{\"record\":\"\xf0\x9f\x98\x80\xff\t\"}, 7 ,]";

/* Cut anywhere, nothing is read beyond the end and everything ends. */
static void test_every_cut(void **state)
{
	size_t len;

	(void)state;
	for (len = 0; len < sizeof odd; len++) {
		struct slice rest = guard_put(slice_of(odd, len)), element;

		elements(rest);
		while (json_scan_array(&rest, &element)) {
			json_scan_member(element, "record");
			json_scan_member(element, "n");
			json_decref(json_scan_parse(element));
		}
		json_decref(json_scan_parse(guard_put(slice_of(odd, len))));
		json_scan_member(guard_put(slice_of(odd + 1, len)), "record");
	}
}

/* Every byte as every other byte: no reading beyond, no endless loop, no leak. */
static void test_every_byte(void **state)
{
	static const unsigned char others[] = "\"\\[]{},:u0e-\x00\x1f\x80\xff";
	char text[sizeof odd];
	size_t at, i;

	(void)state;
	for (at = 0; at < sizeof odd - 1; at++) {
		for (i = 0; i < sizeof others - 1; i++) {
			struct slice copy;

			memcpy(text, odd, sizeof odd);
			text[at] = (char)others[i];
			copy = guard_put(slice_of(text, sizeof odd - 1));
			elements(copy);
			json_scan_member(copy, "type");
			json_decref(json_scan_parse(copy));
		}
	}
}

/* jansson takes so many levels; the scanner takes all, without a stack. */
static void test_deep(void **state)
{
	static char deep[1000000];
	struct slice rest, element;
	json_t *json;

	(void)state;
	memset(deep, '[', sizeof deep);
	rest = slice_of(deep, sizeof deep);
	assert_true(json_scan_array(&rest, &element));
	assert_int_equal(element.len, sizeof deep - 1);
	assert_false(json_scan_array(&rest, &element));
	assert_null(json_scan_parse(slice_of(deep, sizeof deep)));
	memset(deep + 1000, ']', 1000);
	assert_null(json_scan_parse(slice_of(deep, 1999)));
	json = json_scan_parse(slice_of(deep, 2000));
	assert_non_null(json);
	json_decref(json);
	memcpy(deep, "{\"a\":", 5);
	assert_true(json_scan_member(slice_of(deep, sizeof deep), "a").len > 900000);
}

/* Many elements are walked in one go: the time is that of a walk, not of a walk each. */
static void test_many(void **state)
{
	enum { N = 200000 };
	struct bytes text = {0};
	struct slice rest, element;
	size_t i, count = 0;

	(void)state;
	bytes_addc(&text, '[');
	for (i = 0; i < N; i++)
		bytes_addf(&text, "%s{\"i\":%zu}", i ? "," : "", i);
	bytes_addc(&text, ']');
	for (rest = bytes_slice(&text); json_scan_array(&rest, &element); count++)
		assert_true(element.len >= 7);
	assert_int_equal(count, N);
	bytes_free(&text);
}

/* Where memory is short while it is mended it is no JSON, and nothing leaks. */
static void test_short_memory(void **state)
{
	int at;

	(void)state;
	for (at = 1; at < 100; at++) {
		json_t *json;

		short_memory_at = at;
		json = json_scan_parse(
			slice_str("[\"\\ud800\xff\",1e400,\"\x01\",\"more text so that it "
				  "must grow and grow and grow and grow\"]"));
		assert_int_equal(json == NULL, short_memory_at == 0);
		json_decref(json);
		if (json)
			break;
	}
	short_memory_at = 0;
	assert_in_range(at, 2, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arrays),     cmocka_unit_test(test_members),
		cmocka_unit_test(test_mending),    cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_byte), cmocka_unit_test(test_deep),
		cmocka_unit_test(test_many),       cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
