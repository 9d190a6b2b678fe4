/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "short_memory.h"
#include "wire/pb.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(text)                                                                                \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}

static void test_varints(void **state)
{
	static const struct {
		uint64_t value;
		struct slice encoded;
	} cases[] = {
		{0, BYTES("\x00")},
		{1, BYTES("\x01")},
		{127, BYTES("\x7f")},
		{128, BYTES("\x80\x01")},
		{300, BYTES("\xac\x02")},
		{16383, BYTES("\xff\x7f")},
		{16384, BYTES("\x80\x80\x01")},
		{UINT32_MAX, BYTES("\xff\xff\xff\xff\x0f")},
		{INT64_MAX, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\x7f")},
		{UINT64_MAX, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
	};
	size_t i, cut;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct slice in = guard_put(cases[i].encoded);
		struct bytes out = {0};
		uint64_t value = 7;

		assert_ptr_equal(pb_get_varint(in.data, in.data + in.len, &value),
				 in.data + in.len);
		assert_true(value == cases[i].value);
		pb_put_varint(&out, value);
		assert_true(slice_equal(bytes_slice(&out), cases[i].encoded));
		assert_int_equal(pb_varint_size(value), out.len);
		for (cut = 0; cut < in.len; cut++) {
			struct slice part = guard_put(slice_of(cases[i].encoded.data, cut));

			assert_null(pb_get_varint(part.data, part.data + part.len, &value));
		}
		bytes_free(&out);
	}
}

static void test_odd_varints(void **state)
{
	static const struct {
		bool good;
		uint64_t value;
		struct slice encoded;
	} cases[] = {
		/* Longer than need be is allowed, to ten bytes. */
		{true, 1, BYTES("\x81\x00")},
		{true, 0, BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00")},
		{false, 0, BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00")},
		/* 65 bits. */
		{false, 0, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")},
		{false, 0, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct slice in = guard_put(cases[i].encoded);
		uint64_t value = 0;
		const uint8_t *p = pb_get_varint(in.data, in.data + in.len, &value);

		assert_int_equal(p != NULL, cases[i].good);
		if (p)
			assert_true(value == cases[i].value);
	}
}

/* One field of each type, and a group within a group. */
static const struct slice all_types = BYTES("\x08\x96\x01"
					    "\x11\x01\x02\x03\x04\x05\x06\x07\x08"
					    "\x1a\x03"
					    "abc"
					    "\x23\x08\x01\x2b\x2c\x12\x01z\x24"
					    "\x3d\x01\x02\x03\x84"
					    "\x82\x01\x00"
					    "\xfa\xff\xff\xff\x0f\x01x");

static void test_fields(void **state)
{
	static const struct {
		uint32_t number;
		enum pb_type type;
		uint64_t scalar;
		const char *value;
		size_t whole;
	} expected[] = {
		{1, PB_VARINT, 150, "", 3},
		{2, PB_FIXED64, UINT64_C(0x0807060504030201), "", 9},
		{3, PB_LEN, 0, "abc", 5},
		{4, PB_GROUP, 0, "\x08\x01\x2b\x2c\x12\x01z", 9},
		{7, PB_FIXED32, 0x84030201, "", 5},
		{16, PB_LEN, 0, "", 3},
		{536870911, PB_LEN, 0, "x", 7},
	};
	struct pb_reader r = pb_read(guard_put(all_types));
	const uint8_t *at = r.p;
	struct pb_field field;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(expected); i++) {
		assert_true(pb_next(&r, &field));
		assert_int_equal(field.number, expected[i].number);
		assert_int_equal(field.type, expected[i].type);
		assert_true(field.scalar == expected[i].scalar);
		assert_true(slice_is(field.value, expected[i].value));
		assert_ptr_equal(field.whole.data, at);
		assert_int_equal(field.whole.len, expected[i].whole);
		at += field.whole.len;
	}
	assert_false(pb_next(&r, &field));
	assert_false(r.failed);
	assert_ptr_equal(at, r.end);
}

/* Cut anywhere it either ends between two fields or fails, and never reads on. */
static void test_every_cut(void **state)
{
	size_t cut;

	(void)state;
	for (cut = 0; cut <= all_types.len; cut++) {
		struct pb_reader r = pb_read(guard_put(slice_of(all_types.data, cut)));
		struct pb_field field;
		size_t sum = 0;

		while (pb_next(&r, &field))
			sum += field.whole.len;
		assert_int_equal(r.failed, sum != cut);
		assert_false(pb_next(&r, &field));
	}
}

static void test_malformed(void **state)
{
	static const struct slice cases[] = {
		BYTES("\x00\x01"),                 /* number 0 */
		BYTES("\x02\x00"),                 /* number 0, length delimited */
		BYTES("\x06"),                     /* number 0, type 6 */
		BYTES("\x0e\x00"),                 /* type 6 */
		BYTES("\x0f\x00"),                 /* type 7 */
		BYTES("\x0c"),                     /* end of a group that was not begun */
		BYTES("\x0b"),                     /* a group without end */
		BYTES("\x0b\x14"),                 /* ended by another number */
		BYTES("\x0b\x13\x0c\x14"),         /* crossed */
		BYTES("\x0b\x00\x00\x0c"),         /* number 0 within */
		BYTES("\x0b\x0f\x0c"),             /* type 7 within */
		BYTES("\x82\x80\x80\x80\x10\x00"), /* a tag of more than 32 bits */
		BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
		BYTES("\x0a\x01"),                                         /* longer than all */
		BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01zzzz"), /* 2^64 - 1 */
		BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7fzzzz"),     /* 2^63 - 1 */
		BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), /* 11 bytes */
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct pb_reader r = pb_read(guard_put(cases[i]));
		struct pb_field field;

		if (pb_next(&r, &field) || !r.failed)
			fail_msg("case %zu passes", i);
		assert_false(pb_next(&r, &field));
		assert_int_equal(pb_find(guard_put(cases[i]), 1).len, 0);
	}
}

static void test_group_depth(void **state)
{
	unsigned depth;

	(void)state;
	for (depth = PB_MAX_GROUPS - 1; depth <= PB_MAX_GROUPS + 1; depth++) {
		struct bytes b = {0};
		struct pb_reader r;
		struct pb_field field;
		unsigned i;

		for (i = 1; i <= depth; i++)
			pb_put_tag(&b, i, PB_GROUP);
		for (i = depth; i >= 1; i--)
			pb_put_tag(&b, i, PB_END_GROUP);
		r = pb_read(guard_put(bytes_slice(&b)));
		assert_int_equal(pb_next(&r, &field), depth <= PB_MAX_GROUPS);
		bytes_free(&b);
	}
}

static void test_empty(void **state)
{
	struct pb_reader r = pb_read((struct slice){NULL, 0});
	struct pb_field field;

	(void)state;
	assert_false(pb_next(&r, &field));
	assert_false(r.failed);
	assert_null(pb_find((struct slice){NULL, 0}, 1).data);
}

static void test_find(void **state)
{
	/* 1 as a varint, 1 empty, 2 twice, 1 again. */
	struct slice m = guard_put((struct slice)BYTES("\x08\x05\x0a\x00\x12\x01"
						       "a\x12\x01"
						       "b\x0a\x01"
						       "c"));

	(void)state;
	assert_true(slice_is(pb_find(m, 2), "a"));
	assert_non_null(pb_find(m, 1).data);
	assert_int_equal(pb_find(m, 1).len, 0);
	assert_null(pb_find(m, 3).data);
}

/* Contents of a length at which the length itself gets a byte longer, at both levels. */
static void test_begin_end(void **state)
{
	static const size_t sizes[] = {0,   1,   2,     123,   124,   125,   126,     127,
				       128, 129, 16380, 16381, 16383, 16384, 2097151, 2097152};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(sizes); i++) {
		struct bytes body = {0}, nested = {0}, inner = {0}, outer = {0};
		size_t first, second;

		assert_true(bytes_reserve(&body, sizes[i] + 1));
		memset(body.data, 'x', sizes[i]);
		body.len = sizes[i];
		pb_put_len(&inner, 17, bytes_slice(&body));
		assert_int_equal(pb_len_size(17, sizes[i]), inner.len);
		bytes_addc(&outer, 'p');
		pb_put_len(&outer, 1, bytes_slice(&inner));
		bytes_addc(&nested, 'p');
		first = pb_begin(&nested, 1);
		second = pb_begin(&nested, 17);
		bytes_add(&nested, bytes_slice(&body));
		pb_end(&nested, second);
		pb_end(&nested, first);
		assert_true(slice_equal(bytes_slice(&nested), bytes_slice(&outer)));
		/* Ended with half of it still to come. */
		nested.len = 1;
		first = pb_begin(&nested, 1);
		second = pb_begin(&nested, 17);
		bytes_append(&nested, body.data, sizes[i] / 2);
		pb_end_before(&nested, second, sizes[i] - sizes[i] / 2);
		pb_end_before(&nested, first, sizes[i] - sizes[i] / 2);
		bytes_append(&nested, body.data, sizes[i] - sizes[i] / 2);
		assert_true(slice_equal(bytes_slice(&nested), bytes_slice(&outer)));
		bytes_free(&body);
		bytes_free(&nested);
		bytes_free(&inner);
		bytes_free(&outer);
	}
}

static void write_message(struct bytes *out)
{
	struct slice text = slice_str("some sixteen text");
	size_t outer = pb_begin(out, 1), inner;
	int i;

	for (i = 0; i < 40; i++) {
		inner = pb_begin(out, 2);
		pb_put_len(out, 1, text);
		pb_put_len(out, 200, text);
		pb_end(out, inner);
	}
	pb_end(out, outer);
}

static void test_short_memory(void **state)
{
	int fail_at;

	(void)state;
	for (fail_at = 1;; fail_at++) {
		struct bytes b = {0};
		bool failed;

		short_memory_at = fail_at;
		write_message(&b);
		failed = b.failed;
		bytes_free(&b);
		if (!failed)
			break;
	}
	short_memory_at = 0;
	assert_in_range(fail_at, 3, 100);
}

/* Of every message that is cut anywhere: what is there of the field, once its head is. */
static void test_find_cut(void **state)
{
	static const uint8_t text[] = "\x08\x05\x12\x03"
				      "abc"
				      "\x1a\x02"
				      "de";
	const struct slice whole = slice_of(text, sizeof text - 1);
	size_t len;

	(void)state;
	for (len = 0; len <= whole.len; len++) {
		struct slice cut = slice_of(text, len);
		struct slice two = pb_find_cut(cut, 2), three = pb_find_cut(cut, 3);

		assert_int_equal(two.len, len < 4 ? 0 : len < 7 ? len - 4 : 3);
		assert_int_equal(three.len, len < 9 ? 0 : len - 9);
		assert_int_equal(pb_find_cut(cut, 1).len, 0); /* of another type */
		if (two.len > 0)
			assert_ptr_equal(two.data, text + 4);
	}
	assert_null(pb_find_cut((struct slice){0}, 2).data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_varints),      cmocka_unit_test(test_find_cut),
		cmocka_unit_test(test_odd_varints),  cmocka_unit_test(test_fields),
		cmocka_unit_test(test_every_cut),    cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_group_depth),  cmocka_unit_test(test_empty),
		cmocka_unit_test(test_find),         cmocka_unit_test(test_begin_end),
		cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
