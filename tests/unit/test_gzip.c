/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "short_memory.h"
#include "wire/gzip.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MIB ((size_t)1 << 20)

/* Made by others: gzip 1.12, and by hand from RFC 1952 with every optional field. */
static const struct {
	const char *data;
	size_t len;
} foreign[] = {
	{"\x1f\x8b\x08\x08\x00\xf1\x53\x65\x02\x03\x68\x65\x6c\x6c\x6f\x2e\x74\x78\x74\x00\xcb"
	 "\x48\xcd\xc9\xc9\x57\x48\xaf\xca\x2c\xe0\x02\x00\x39\x7c\x63\x56\x0b\x00\x00\x00",
	 41},
	{"\x1f\x8b\x08\x1e\x00\x00\x00\x00\x00\xff\x03\x00\x65\x78\x74\x6e\x61\x6d\x65\x00\x63"
	 "\x6f\x6d\x6d\x65\x6e\x74\x00\x0a\x20\xcb\x48\xcd\xc9\xc9\x57\x48\xaf\xca\x2c\xe0\x02"
	 "\x00\x39\x7c\x63\x56\x0b\x00\x00\x00",
	 51},
};

static struct bytes text(size_t len, bool random)
{
	struct bytes b = {0};
	uint32_t seed = 1;
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes_addc(&b, random ? (uint8_t)(seed >> 24) : (uint8_t)('a' + i / 7 % 5));
	}
	return b;
}

static void test_round_trip(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 100, 1023, 1024, 1025, 65535, 65536, 3 * MIB};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * LENGTH(sizes); i++) {
		struct bytes in = text(sizes[i / 2], i % 2), packed = {0}, out = {0};

		bytes_add(&packed, slice_str("before"));
		bytes_add(&out, slice_str("too"));
		assert_true(gzip_encode(bytes_slice(&in), &packed));
		assert_memory_equal(packed.data, "before", 6);
		if (i % 2 == 0)
			assert_true(packed.len < 200 + in.len / 20);
		assert_int_equal(gzip_decode(slice_of(packed.data + 6, packed.len - 6), in.len,
					     &out),
				 GZIP_OK);
		assert_memory_equal(out.data, "too", 3);
		assert_true(slice_equal(slice_of(out.data + 3, out.len - 3), bytes_slice(&in)));
		bytes_free(&in);
		bytes_free(&packed);
		bytes_free(&out);
	}
}

static void test_foreign(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(foreign); i++) {
		struct bytes out = {0};

		assert_int_equal(gzip_decode(guard_put(slice_of(foreign[i].data, foreign[i].len)),
					     MIB, &out),
				 GZIP_OK);
		assert_true(slice_is(bytes_slice(&out), "hello gzip\n"));
		bytes_free(&out);
	}
}

static void require_refused(struct slice in, size_t limit, enum gzip_result expected)
{
	struct bytes out = {0};

	bytes_add(&out, slice_str("as it was"));
	assert_int_equal(gzip_decode(in, limit, &out), expected);
	assert_true(slice_is(bytes_slice(&out), "as it was"));
	assert_false(out.failed);
	bytes_free(&out);
}

/* Cut anywhere, and with any bit turned over behind the header. */
static void test_damaged(void **state)
{
	size_t i, at;

	(void)state;
	for (i = 0; i < LENGTH(foreign); i++) {
		struct slice whole = slice_of(foreign[i].data, foreign[i].len);

		for (at = 0; at < whole.len; at++)
			require_refused(guard_put(slice_of(whole.data, at)), MIB, GZIP_BAD);
		for (at = 0; at < 8 * (whole.len - 8); at++) {
			struct bytes out = {0}, turned = {0};

			bytes_add(&turned, whole);
			turned.data[at / 8] ^= (uint8_t)(1u << at % 8);
			/* Where it is a part of the header that nobody needs it may pass. */
			if (gzip_decode(guard_put(bytes_slice(&turned)), MIB, &out) == GZIP_OK)
				assert_true(slice_is(bytes_slice(&out), "hello gzip\n"));
			bytes_free(&turned);
			bytes_free(&out);
		}
	}
	require_refused((struct slice){NULL, 0}, MIB, GZIP_BAD);
	require_refused(guard_put(slice_str("{\"not\": \"gzip\"}")), MIB, GZIP_BAD);
}

static void test_limit(void **state)
{
	static const size_t sizes[] = {1, 1000, 1024, 1025, 5000, 300000};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(sizes); i++) {
		struct bytes in = text(sizes[i], false), packed = {0}, out = {0};

		assert_true(gzip_encode(bytes_slice(&in), &packed));
		require_refused(bytes_slice(&packed), in.len - 1, GZIP_TOO_LARGE);
		require_refused(bytes_slice(&packed), 0, GZIP_TOO_LARGE);
		assert_int_equal(gzip_decode(bytes_slice(&packed), in.len, &out), GZIP_OK);
		assert_true(slice_equal(bytes_slice(&in), bytes_slice(&out)));
		bytes_free(&in);
		bytes_free(&packed);
		bytes_free(&out);
	}
}

static void test_members(void **state)
{
	struct bytes one = text(5000, false), two = text(70000, true), packed = {0}, all = {0};
	struct bytes out = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		const struct bytes *part = i == 1 ? &two : &one;

		assert_true(gzip_encode(bytes_slice(part), &packed));
		assert_true(gzip_encode((struct slice){NULL, 0}, &packed));
		bytes_add(&all, bytes_slice(part));
	}
	assert_int_equal(gzip_decode(bytes_slice(&packed), all.len, &out), GZIP_OK);
	assert_true(slice_equal(bytes_slice(&out), bytes_slice(&all)));
	require_refused(bytes_slice(&packed), all.len - 1, GZIP_TOO_LARGE);
	require_refused(slice_of(packed.data, packed.len - 1), all.len, GZIP_BAD);
	bytes_addc(&packed, 0);
	require_refused(bytes_slice(&packed), all.len, GZIP_BAD);
	packed.len--;
	bytes_add(&packed, slice_str("garbage behind it"));
	require_refused(bytes_slice(&packed), all.len, GZIP_BAD);
	bytes_free(&one);
	bytes_free(&two);
	bytes_free(&packed);
	bytes_free(&all);
	bytes_free(&out);
}

/* The size in the trailer is a hint that anybody may have written. */
static void test_lying_size(void **state)
{
	struct bytes packed = {0}, out = {0};

	(void)state;
	bytes_append(&packed, foreign[0].data, foreign[0].len);
	memset(packed.data + packed.len - 4, 0xff, 4);
	assert_int_equal(gzip_decode(bytes_slice(&packed), SIZE_MAX / 4, &out), GZIP_BAD);
	assert_true(out.cap <= 2 * 1032 * packed.len);
	bytes_free(&out);
	memset(packed.data + packed.len - 4, 0, 4);
	require_refused(bytes_slice(&packed), MIB, GZIP_BAD);
	bytes_free(&packed);
}

static void test_short_memory(void **state)
{
	struct bytes in = text(5000, true), packed = {0}, out = {0};
	int fail_at;

	(void)state;
	bytes_add(&packed, slice_str("x"));
	short_memory_at = 1;
	assert_false(gzip_encode(bytes_slice(&in), &packed));
	assert_true(slice_is(bytes_slice(&packed), "x"));
	assert_false(packed.failed);
	packed.len = 0;
	assert_true(gzip_encode(bytes_slice(&in), &packed));
	/* Twice, so that the size of the last member is too little for the first hint. */
	assert_true(gzip_encode(slice_str("y"), &packed));
	for (fail_at = 1; fail_at < 100; fail_at++) {
		enum gzip_result result;

		short_memory_at = fail_at;
		result = gzip_decode(bytes_slice(&packed), MIB, &out);
		if (result == GZIP_OK)
			break;
		assert_int_equal(result, GZIP_NO_MEMORY);
		assert_int_equal(out.len, 0);
		assert_false(out.failed);
		bytes_free(&out);
	}
	short_memory_at = 0;
	assert_in_range(fail_at, 3, 20);
	assert_int_equal(out.len, 5001);
	/* What failed before stays failed. */
	out.failed = true;
	assert_int_equal(gzip_decode(bytes_slice(&packed), MIB, &out), GZIP_NO_MEMORY);
	assert_false(gzip_encode(bytes_slice(&in), &out));
	assert_true(out.failed);
	bytes_free(&in);
	bytes_free(&packed);
	bytes_free(&out);
}

/* Frees, is harmless twice, and the next use makes them anew. */
static void test_freed_and_used(void **state)
{
	struct bytes packed = {0}, out = {0};

	(void)state;
	gzip_free();
	gzip_free();
	assert_true(gzip_encode(slice_str("abc"), &packed));
	assert_int_equal(gzip_decode(bytes_slice(&packed), 3, &out), GZIP_OK);
	assert_true(slice_is(bytes_slice(&out), "abc"));
	bytes_free(&packed);
	bytes_free(&out);
	gzip_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_damaged),      cmocka_unit_test(test_limit),
		cmocka_unit_test(test_members),      cmocka_unit_test(test_lying_size),
		cmocka_unit_test(test_short_memory), cmocka_unit_test(test_freed_and_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
