/* SPDX-License-Identifier: Apache-2.0 */
/* Log records that come twice: which texts are a pair, how many make a hint, and where it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/log_record.h"
#include "policy/twins.h"
#include "wire/otlp_value.h"
#include "wire/pb.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { RESOURCE_LOGS = 1, SCOPE_LOGS = 2, RECORDS = 2 };

/* One request with a record for each body. */
static bool sdk(struct twins *twins, const char *const *bodies, size_t count)
{
	struct bytes request = {0};
	size_t resource = pb_begin(&request, RESOURCE_LOGS), scope = pb_begin(&request, SCOPE_LOGS);
	bool said;

	for (size_t i = 0; i < count; i++) {
		size_t record = pb_begin(&request, RECORDS);

		otlp_put_string(&request, RECORD_BODY, slice_str(bodies[i]));
		pb_end(&request, record);
	}
	pb_end(&request, scope);
	pb_end(&request, resource);
	said = twins_sdk(twins, bytes_slice(&request));
	bytes_free(&request);
	return said;
}

static bool sdk_one(struct twins *twins, const char *body)
{
	return sdk(twins, &body, 1);
}

static bool printed(struct twins *twins, const char *line)
{
	return twins_printed(twins, slice_str(line));
}

static void test_pairs(void **state)
{
	static const struct {
		const char *body, *line;
		bool twins;
	} cells[] = {
		{"order 17 is paid", "\"order 17 is paid\\n\"", true},
		{"order 17 is paid", "\"2026-01-01T00:00:00Z\\tINFO\\torder 17 is paid\\n\"", true},
		{"order 17 is paid", "{\"level\":\"INFO\",\"message\":\"order 17 is paid\"}", true},
		{"order 17 is paid", "\"order 18 is paid\\n\"", false},
		{"order 17 is paid", "\"order 17\\n\"", false},
		{"12345678", "\"12345678\"", true},
		{"1234567", "\"1234567\"", false},
		{"", "\"\"", false},
		/* JSON writes these in several ways: what is before them is enough. */
		{"the order \"17\" is paid", "\"the order \\\"17\\\" is paid\"", true},
		{"the order\nis paid", "\"the order\\nis paid\"", true},
		{"the order of J\xc3\xb8rgen", "\"the order of J\\u00f8rgen\"", true},
		{"path C:\\temp", "\"path C:\\\\temp\"", false},
		{"J\xc3\xb8rgen's order", "\"J\\u00f8rgen's order\"", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cells); i++) {
		struct twins line_last = {0}, body_last = {0};

		sdk_one(&line_last, cells[i].body);
		printed(&line_last, cells[i].line);
		assert_int_equal(line_last.pairs, cells[i].twins);
		printed(&body_last, cells[i].line);
		sdk_one(&body_last, cells[i].body);
		assert_int_equal(body_last.pairs, cells[i].twins);
	}
}

static void test_the_third_pair_is_said_once(void **state)
{
	struct twins t = {0};

	(void)state;
	assert_false(sdk_one(&t, "order 1 is paid"));
	assert_false(printed(&t, "\"order 1 is paid\""));
	assert_false(printed(&t, "\"order 2 is paid\""));
	assert_false(sdk_one(&t, "order 2 is paid"));
	assert_false(sdk_one(&t, "order 3 is paid"));
	assert_true(printed(&t, "\"order 3 is paid\""));
	for (unsigned i = 0; i < 5; i++) {
		assert_false(sdk_one(&t, "order 4 is paid"));
		assert_false(printed(&t, "\"order 4 is paid\""));
	}
}

/* One record is the twin of one line, however often the line is printed. */
static void test_each_has_one_twin(void **state)
{
	struct twins t = {0};

	(void)state;
	sdk_one(&t, "still alive");
	for (unsigned i = 0; i < 20; i++)
		assert_false(printed(&t, "\"still alive\""));
	assert_int_equal(t.pairs, 1);
}

static void test_a_batch(void **state)
{
	static const char *const bodies[] = {"order 1 is paid", "order 2 is paid",
					     "order 3 is paid", "order 4 is paid"};
	struct twins batch_first = {0}, batch_last = {0};

	(void)state;
	assert_false(sdk(&batch_first, bodies, COUNT(bodies)));
	assert_false(printed(&batch_first, "\"order 1 is paid\""));
	assert_false(printed(&batch_first, "\"order 2 is paid\""));
	assert_true(printed(&batch_first, "\"order 3 is paid\""));
	assert_false(printed(&batch_last, "\"order 1 is paid\""));
	assert_false(printed(&batch_last, "\"order 2 is paid\""));
	assert_false(printed(&batch_last, "\"order 3 is paid\""));
	assert_true(sdk(&batch_last, bodies, COUNT(bodies)));
}

/* Only the last ones are kept. */
static void test_an_old_one_is_forgotten(void **state)
{
	struct twins t = {0};
	char body[32];

	(void)state;
	for (unsigned i = 0; i <= TWINS_KEPT; i++) {
		snprintf(body, sizeof body, "order %u is paid", i);
		sdk_one(&t, body);
	}
	printed(&t, "\"order 0 is paid\"");
	assert_int_equal(t.pairs, 0);
	printed(&t, "\"order 1 is paid\"");
	assert_int_equal(t.pairs, 1);
}

/* What is long is a twin by its beginning. */
static void test_long_ones(void **state)
{
	static char body[4 * TWINS_BODY], line[4 * TWINS_LINE];
	struct twins t = {0};

	(void)state;
	memset(body, 'b', sizeof body - 1);
	memset(line, 'b', sizeof line - 1);
	memset(line, 'l', TWINS_LINE - TWINS_BODY);
	sdk_one(&t, body);
	printed(&t, line);
	assert_int_equal(t.pairs, 1);
	memset(line, 'l', TWINS_LINE - TWINS_BODY + 1);
	sdk_one(&t, body);
	printed(&t, line);
	assert_int_equal(t.pairs, 1);
}

/* It ends: of each kind by itself. */
static void test_only_the_beginning_is_looked_at(void **state)
{
	struct twins t = {0};

	(void)state;
	for (unsigned i = 0; i < TWINS_LOOKED; i++)
		printed(&t, "\"nothing of note\"");
	sdk_one(&t, "order 1 is paid");
	printed(&t, "\"order 1 is paid\"");
	assert_int_equal(t.pairs, 0);
	for (unsigned i = 0; i < 2 * TWINS_LOOKED; i++)
		sdk_one(&t, "nothing else of note");
	assert_int_equal(t.rings[TWIN_PRINTED].count, TWINS_LOOKED);
	assert_int_equal(t.rings[TWIN_SDK].count, TWINS_LOOKED);
}

/* A record without a text for a body, and a request that is none. */
static void test_no_body(void **state)
{
	static const uint8_t nothing[] = {0x0a, 0x04, 0x12, 0x02, 0x12, 0x00};
	struct twins t = {0};

	(void)state;
	assert_false(twins_sdk(&t, slice_of(nothing, sizeof nothing)));
	assert_false(twins_sdk(&t, slice_str("no protobuf at all")));
	assert_false(twins_sdk(&t, (struct slice){0}));
	assert_false(twins_printed(&t, (struct slice){0}));
	assert_int_equal(t.rings[TWIN_SDK].count + t.rings[TWIN_PRINTED].count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_the_third_pair_is_said_once),
		cmocka_unit_test(test_each_has_one_twin),
		cmocka_unit_test(test_a_batch),
		cmocka_unit_test(test_an_old_one_is_forgotten),
		cmocka_unit_test(test_long_ones),
		cmocka_unit_test(test_only_the_beginning_is_looked_at),
		cmocka_unit_test(test_no_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
