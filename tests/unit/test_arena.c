/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "short_heap.h"

#include "base/arena.c"

/* Zeroed, aligned, apart from each other, and whole until the end. */
static void test_alloc(void **state)
{
	struct arena a = {0};
	unsigned char *all[500];
	size_t i, k;

	(void)state;
	for (i = 0; i < 500; i++) {
		/* Up to beyond the size of a block. */
		size_t size = i % 50 == 49 ? 20000 + i : i % 97;

		all[i] = arena_alloc(&a, size);
		assert_non_null(all[i]);
		assert_int_equal((uintptr_t)all[i] % alignof(max_align_t), 0);
		for (k = 0; k < size; k++)
			assert_int_equal(all[i][k], 0);
		memset(all[i], (int)(i % 251) + 1, size);
	}
	for (i = 0; i < 500; i++) {
		size_t size = i % 50 == 49 ? 20000 + i : i % 97;

		for (k = 0; k < size; k++)
			assert_int_equal(all[i][k], i % 251 + 1);
	}
	assert_false(a.failed);
	arena_free(&a);
	assert_null(a.blocks);
	assert_int_equal(a.left, 0);
}

/* The first one asks for nothing: that is something to point at. */
static void test_nothing(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_non_null(arena_alloc(&a, 0));
	assert_non_null(arena_alloc(&a, 1));
	assert_false(a.failed);
	arena_free(&a);
	arena_free(&a);
}

static void test_strings(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(arena_string(&a, slice_of("text and more", 4)), "text");
	assert_string_equal(arena_string(&a, slice_str("x")), "x");
	assert_string_equal(arena_string(&a, (struct slice){NULL, 0}), "");
	arena_free(&a);
}

/* More than there can be: refused, not wrapped around to something small. */
static void test_absurd_sizes(void **state)
{
	static const struct {
		size_t size;
		int asked; /* is it left to malloc to refuse it? ASan would take that for a fault */
	} cases[] = {
		{SIZE_MAX, 0},      {SIZE_MAX - 1, 0},  {SIZE_MAX - 14, 0},
		{SIZE_MAX - 15, 0}, {SIZE_MAX - 63, 1}, {SIZE_MAX / 2, 1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena a = {0};

		short_heap_at = 1;
		assert_null(arena_alloc(&a, cases[i].size));
		assert_true(a.failed);
		assert_int_equal(short_heap_at, 1 - cases[i].asked);
		short_heap_at = 0;
		arena_free(&a);
	}
}

static void test_short_memory(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_non_null(arena_alloc(&a, 10));
	short_heap_at = 1;
	assert_null(arena_alloc(&a, 100000));
	assert_int_equal(short_heap_at, 0);
	/* For good, also where there would be room: check once at the end. */
	assert_null(arena_alloc(&a, 1));
	assert_null(arena_string(&a, slice_str("x")));
	assert_true(a.failed);
	arena_free(&a);
	assert_false(a.failed);
	assert_non_null(arena_alloc(&a, 1));
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),        cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_strings),      cmocka_unit_test(test_absurd_sizes),
		cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
