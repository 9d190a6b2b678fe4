/* SPDX-License-Identifier: Apache-2.0 */
/* Large memory that is kept for the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/spare.h"
#include "short_memory.h"

#define SIZE ((size_t)200 << 10)

/* Where that much is that was given. */
static void *give(size_t size)
{
	void *memory = malloc(size);

	assert_non_null(memory);
	memset(memory, 1, size);
	spare_give(memory, size);
	return memory;
}

static void *take(size_t size)
{
	return spare_take(&size);
}

/* None is left of a test before. */
static int none_spare(void **state)
{
	(void)state;
	for (size_t size = SPARE_LEAST; size <= SPARE_MOST; size++)
		free(take(size));
	return 0;
}

static void test_sizes(void **state)
{
	static const struct {
		size_t given, wanted;
		bool fits;
	} cases[] = {
		{SIZE, SIZE, true},
		{SIZE, SIZE + 1, false},
		{SIZE, SIZE - SIZE / 8 + 1, true},
		{SIZE, SIZE - SIZE / 8, false},
		{SIZE, 1, false},
		{SPARE_LEAST, SPARE_LEAST, true},
		{SPARE_LEAST - 1, SPARE_LEAST - 1, false},
		{SPARE_MOST, SPARE_MOST, true},
		{SPARE_MOST + 1, SPARE_MOST + 1, false},
		{1, 1, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = cases[i].wanted;
		void *given = give(cases[i].given), *taken = spare_take(&size);

		assert_ptr_equal(taken, cases[i].fits ? given : NULL);
		assert_int_equal(size, cases[i].fits ? cases[i].given : cases[i].wanted);
		/* It is another's now. */
		assert_null(take(cases[i].wanted));
		free(taken);
		none_spare(state);
	}
	spare_give(NULL, 0);
	assert_null(take(0));
}

/* As many as are kept, and those that were given last. */
static void test_last(void **state)
{
	size_t sizes[SPARES + 1];
	void *given[SPARES + 1];

	(void)state;
	for (size_t i = 0; i <= SPARES; i++) {
		sizes[i] = SPARE_MOST >> i % 2;
		given[i] = give(sizes[i]);
	}
	for (size_t i = SPARES; i > 0; i--) {
		void *taken = take(sizes[i]);

		assert_ptr_equal(taken, given[i]);
		free(taken);
	}
	assert_null(take(sizes[0]));
}

/* What one buffer frees the next of about that size has, without an allocation. */
static void test_bytes(void **state)
{
	struct bytes first = {0}, second = {0};
	uint8_t *data;

	(void)state;
	assert_true(bytes_reserve(&first, SIZE));
	data = first.data;
	bytes_free(&first);
	assert_null(first.data);
	short_memory_at = 1;
	assert_true(bytes_reserve(&second, SIZE - 100));
	assert_int_equal(short_memory_at, 1);
	assert_ptr_equal(second.data, data);
	assert_int_equal(second.cap, SIZE);
	/* That one is taken. */
	assert_false(bytes_reserve(&first, SIZE - 100));
	assert_int_equal(short_memory_at, 0);
	bytes_free(&first);
	bytes_free(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sizes, none_spare),
		cmocka_unit_test_setup(test_last, none_spare),
		cmocka_unit_test_setup(test_bytes, none_spare),
	};

	return cmocka_run_group_tests(tests, NULL, none_spare);
}
