/* SPDX-License-Identifier: Apache-2.0 */
/* The length-prefixed message: at once, byte by byte, cut anywhere, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edges/grpc_message.h"
#include "guard.h"
#include "short_memory.h"

#define LIMIT 1000

static enum grpc_step feed(struct grpc_message *m, const void *data, size_t len)
{
	return grpc_message_feed(m, guard_put(slice_of(data, len)), LIMIT);
}

static void test_at_every_cut(void **state)
{
	static const char text[] = "\1\0\0\0\5hello";

	(void)state;
	for (size_t cut = 0; cut < sizeof(text); cut++) {
		struct grpc_message m = {0};

		assert_int_equal(feed(&m, text, cut), GRPC_STEP_OK);
		assert_int_equal(grpc_message_begun(&m), cut > 0);
		assert_int_equal(grpc_message_whole(&m), cut == sizeof(text) - 1);
		assert_int_equal(feed(&m, text + cut, sizeof(text) - 1 - cut), GRPC_STEP_OK);
		assert_true(grpc_message_whole(&m));
		assert_true(m.compressed);
		assert_int_equal(m.length, 5);
		assert_true(slice_is(bytes_slice(&m.body), "hello"));
		bytes_free(&m.body);
	}
}

static void test_byte_by_byte(void **state)
{
	char text[5 + 300] = "\0\0\0\1\54";
	struct grpc_message m = {0};

	(void)state;
	memset(text + 5, 'x', 300);
	for (size_t i = 0; i < sizeof(text); i++) {
		assert_false(grpc_message_whole(&m));
		assert_int_equal(feed(&m, text + i, 1), GRPC_STEP_OK);
	}
	assert_true(grpc_message_whole(&m));
	assert_false(m.compressed);
	assert_int_equal(m.body.len, 300);
	/* What is announced is reserved once. */
	assert_int_equal(m.body.cap, 300);
	assert_int_equal(feed(&m, "", 0), GRPC_STEP_OK);
	assert_int_equal(feed(&m, "x", 1), GRPC_STEP_SECOND);
	bytes_free(&m.body);
}

static void test_empty(void **state)
{
	struct grpc_message m = {0};

	(void)state;
	assert_int_equal(feed(&m, "", 0), GRPC_STEP_OK);
	assert_false(grpc_message_begun(&m));
	assert_false(grpc_message_whole(&m));
	assert_int_equal(feed(&m, "\0\0\0\0\0", 5), GRPC_STEP_OK);
	assert_true(grpc_message_whole(&m));
	assert_int_equal(m.body.len, 0);
	/* A second message, be it empty too. */
	assert_int_equal(feed(&m, "\0", 1), GRPC_STEP_SECOND);
}

static void test_what_is_no_message(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		enum grpc_step step;
	} cases[] = {
		{"\2\0\0\0\1", 5, GRPC_STEP_BAD_FLAG},
		{"\377\0\0\0\1", 5, GRPC_STEP_BAD_FLAG},
		{"\0\0\0\3\350", 5, GRPC_STEP_OK},        /* 1000 */
		{"\0\0\0\3\351", 5, GRPC_STEP_TOO_LARGE}, /* 1001 */
		{"\0\377\377\377\377", 5, GRPC_STEP_TOO_LARGE},
		{"\0\200\0\0\0", 5, GRPC_STEP_TOO_LARGE},
		{"\0\0\0\0\1ab", 7, GRPC_STEP_SECOND},
		{"\0\0\0\0\1a\0\0\0\0\1b", 12, GRPC_STEP_SECOND},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct grpc_message once = {0}, bytewise = {0};
		enum grpc_step step = GRPC_STEP_OK;

		assert_int_equal(feed(&once, cases[i].text, cases[i].len), cases[i].step);
		for (size_t n = 0; n < cases[i].len && step == GRPC_STEP_OK; n++)
			step = feed(&bytewise, cases[i].text + n, 1);
		assert_int_equal(step, cases[i].step);
		bytes_free(&once.body);
		bytes_free(&bytewise.body);
	}
}

/* Who claims much and sends little costs little. */
static void test_claims(void **state)
{
	const size_t mb = (size_t)1 << 20;
	uint8_t *data = calloc(1, 3 * mb);
	struct grpc_message m = {0};

	(void)state;
	assert_int_equal(grpc_message_feed(&m, slice_of("\0\1\0\0\0x", 6), 16 * mb), GRPC_STEP_OK);
	assert_true(m.body.cap <= mb);
	assert_int_equal(grpc_message_feed(&m, slice_of(data, 3 * mb), 16 * mb), GRPC_STEP_OK);
	assert_true(m.body.cap <= 8 * mb);
	assert_int_equal(m.body.len, 3 * mb + 1);
	bytes_free(&m.body);
	free(data);
}

static void test_no_memory(void **state)
{
	struct grpc_message m = {0};

	(void)state;
	short_memory_at = 1;
	assert_int_equal(feed(&m, "\0\0\0\0\1a", 6), GRPC_STEP_NO_MEMORY);
	assert_int_equal(m.body.len, 0);
	bytes_free(&m.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_every_cut), cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_empty),        cmocka_unit_test(test_what_is_no_message),
		cmocka_unit_test(test_claims),       cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
