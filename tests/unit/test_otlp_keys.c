/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes looked for by their keys, in spans and in lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "wire/json_scan.h"
#include "wire/otlp_keys.h"
#include "wire/otlp_value.h"
#include "wire/pb.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define ATTRIBUTES 6

/* The members of a JSON object as attributes, as those of a line become. */
static struct slice make(const char *json)
{
	struct slice rest = slice_str(json), key, value, guarded;
	struct bytes made = {0};

	while (json_scan_object(&rest, &key, &value))
		otlp_put_member(&made, ATTRIBUTES, key, value);
	assert_false(made.failed);
	guarded = guard_put(bytes_slice(&made));
	bytes_free(&made);
	return guarded;
}

static void look(struct otlp_finder *finder, struct slice attributes)
{
	struct pb_reader r = pb_read(attributes);
	struct pb_field field;

	while (pb_next(&r, &field))
		otlp_find(finder, field.value);
}

static const char *const names[] = {"order.id", "correlationId", "a.b.c", "x"};

static struct otlp_keys keys_of_names(void)
{
	struct otlp_keys keys = {0};

	for (size_t i = 0; i < LENGTH(names); i++)
		otlp_keys_add(&keys, slice_str(names[i]));
	return keys;
}

/* What is found of the first of those names. */
static void test_where(void **state)
{
	static const struct {
		const char *json;
		const char *flat, *nested; /* a text; NULL: nothing */
	} cases[] = {
		{"{\"order.id\":\"7\"}", "7", "7"},
		{"{\"a\":1,\"order.id\":\"7\",\"b\":2}", "7", "7"},
		{"{\"order.ID\":\"7\",\"order.id \":\"8\",\"order_id\":\"9\"}", NULL, NULL},
		{"{\"order\":{\"id\":\"7\"}}", NULL, "7"},
		{"{\"order\":{\"no\":1,\"id\":\"7\"}}", NULL, "7"},
		{"{\"order\":{\"Id\":\"7\"}}", NULL, NULL},
		{"{\"order\":\"7\"}", NULL, NULL},
		{"{\"order\":[{\"id\":\"7\"}]}", NULL, NULL},
		{"{\"orders\":{\"id\":\"7\"}}", NULL, NULL},
		{"{\"orde\":{\"id\":\"7\"}}", NULL, NULL},
		/* the very key goes before, wherever it stands; of several the first */
		{"{\"order\":{\"id\":\"7\"},\"order.id\":\"8\"}", "8", "8"},
		{"{\"order.id\":\"8\",\"order\":{\"id\":\"7\"}}", "8", "8"},
		{"{\"order\":{\"id\":\"7\"},\"mdc\":{\"order.id\":\"9\"}}", NULL, "7"},
		{"{\"order.id\":\"7\",\"order.id\":\"8\"}", "7", "7"},
		/* where loggers keep their context */
		{"{\"mdc\":{\"order.id\":\"7\"}}", NULL, "7"},
		{"{\"mdc\":{\"order\":{\"id\":\"7\"}}}", NULL, "7"},
		{"{\"contextMap\":{\"order.id\":\"7\"}}", NULL, "7"},
		{"{\"Properties\":{\"order.id\":\"7\"}}", NULL, "7"},
		{"{\"State\":{\"order.id\":\"7\"}}", NULL, "7"},
		{"{\"Scopes\":[{\"no\":1},\"text\",{\"order.id\":\"7\"}]}", NULL, "7"},
		{"{\"fields\":{\"order.id\":\"7\"}}", NULL, "7"},
		{"{\"span\":{\"order.id\":\"7\"}}", NULL, "7"},
		{"{\"spans\":[{\"order.id\":\"7\"},{\"order.id\":\"8\"}]}", NULL, "7"},
		{"{\"labels\":{\"order.id\":\"7\"}}", NULL, "7"},
		{"{\"metadata\":{\"order.id\":\"7\"}}", NULL, "7"},
		{"{\"context\":{\"order.id\":\"7\"}}", NULL, "7"},
		{"{\"other\":{\"order.id\":\"7\"}}", NULL, NULL},
		{"{\"mdc\":{\"mdc\":{\"order.id\":\"7\"}}}", NULL, NULL},
		{"{\"mdc\":null,\"order\":null}", NULL, NULL},
	};
	const struct otlp_keys keys = keys_of_names();

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		for (int nested = 0; nested < 2; nested++) {
			struct otlp_finder finder = {.keys = &keys, .nested = nested};
			const char *expected = nested ? cases[i].nested : cases[i].flat;
			struct slice found;

			look(&finder, make(cases[i].json));
			found = pb_find(finder.values[0], OTLP_ANY_STRING);
			assert_int_equal(found.data != NULL, expected != NULL);
			assert_true(!expected || slice_is(found, expected));
			assert_int_equal(finder.any, expected != NULL);
			assert_int_equal(finder.own, cases[i].flat ? 1 : 0);
			assert_null(finder.values[1].data);
			otlp_find_again(&finder);
			assert_false(finder.any || finder.own || finder.values[0].data);
		}
	}
}

/* All of them at once, of any type; one that is there without a value is there all the same. */
static void test_several(void **state)
{
	const struct otlp_keys keys = keys_of_names();
	struct otlp_finder finder = {.keys = &keys, .nested = true};
	static const uint8_t bare[] = "\x0a\x01x";

	(void)state;
	look(&finder, make("{\"a\":{\"b\":{\"c\":true}},\"correlationId\":12,\"order\":{\"id\":{}},"
			   "\"baggage\":\"k=v\"}"));
	otlp_find(&finder, slice_of(bare, 3));
	assert_int_equal(finder.own, 1 << 1 | 1 << 3);
	assert_true(finder.any);
	assert_true(slice_equal(finder.values[0], slice_of("\x32\0", 2)));
	assert_true(slice_equal(finder.values[1], slice_of("\x18\x0c", 2)));
	assert_true(slice_equal(finder.values[2], slice_of("\x10\x01", 2)));
	assert_null(finder.values[3].data);
	assert_true(slice_is(pb_find(finder.baggage, OTLP_ANY_STRING), "k=v"));
}

/* Both names of it; of several the first. */
static void test_baggage(void **state)
{
	static const char *const cases[] = {
		"{\"baggage\":\"k=v\"}",
		"{\"http.request.header.baggage\":\"k=v\"}",
		"{\"baggage\":\"k=v\",\"http.request.header.baggage\":\"k=w\"}",
	};
	const struct otlp_keys keys = keys_of_names();

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct otlp_finder finder = {.keys = &keys};

		look(&finder, make(cases[i]));
		assert_true(finder.any);
		assert_true(slice_is(pb_find(finder.baggage, OTLP_ANY_STRING), "k=v"));
	}
}

/* Long keys and values, whose lengths take two bytes; and any piece of it. */
static void test_long_and_cut(void **state)
{
	char name[OTLP_KEY_LENGTH + 1] = "", json[600];
	struct otlp_keys keys = keys_of_names();
	struct slice whole;

	(void)state;
	memset(name, 'k', OTLP_KEY_LENGTH);
	otlp_keys_add(&keys, slice_str(name));
	snprintf(json, sizeof json, "{\"%s%s\":1,\"%s\":\"%0200d\"}", name, name, name, 7);
	whole = make(json);
	for (size_t len = 0; len <= whole.len; len++) {
		struct otlp_finder finder = {.keys = &keys, .nested = true};
		char copy[sizeof json];

		memcpy(copy, whole.data, whole.len);
		look(&finder, guard_put(slice_of(copy, len)));
		assert_int_equal(pb_find(finder.values[4], OTLP_ANY_STRING).len,
				 len == whole.len ? 200 : 0);
		whole = make(json);
	}
	for (size_t len = 0; len <= whole.len; len++) {
		struct otlp_finder finder = {.keys = &keys, .nested = true};

		otlp_find(&finder, guard_put(slice_of(json, len)));
		assert_false(finder.any);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_baggage),
		cmocka_unit_test(test_long_and_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
