/* SPDX-License-Identifier: Apache-2.0 */
/* Large memory that is kept for the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "short_memory.h"

#include "short_heap.h"

#include "base/spare.c"

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

/* None is left of a test before, nor is anything to be made ready. */
static int none_spare(void **state)
{
	(void)state;
	for (size_t size = SPARE_LEAST; size <= SPARE_MOST; size++)
		free(take(size));
	spare_prepare();
	free(take(SPARE_MOST));
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

/* Has it a page for each of its bytes? */
static bool is_ready(const char *memory, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)memory & ~(page - 1);
	unsigned char pages[SPARE_MOST / 1024];
	size_t count = ((uintptr_t)memory + size - from + page - 1) / page;

	assert_in_range(count, 1, sizeof(pages));
	assert_int_equal(mincore((void *)from, count * page, pages), 0);
	for (size_t i = 0; i < count; i++)
		if (!(pages[i] & 1))
			return false;
	return true;
}

/* As much as was wanted last is there the next time, once, whether or not it was there then. */
static void test_prepare(void **state)
{
	static const struct {
		size_t wanted;
		bool made;
	} cases[] = {
		{SIZE, true},
		{SPARE_LEAST, true},
		{SPARE_MOST, true},
		{SPARE_LEAST - 1, false},
		{SPARE_MOST + 1, false},
		{0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = cases[i].wanted;
		void *taken;

		assert_null(take(size));
		for (unsigned again = 0; again < 2; again++) {
			spare_prepare();
			spare_prepare();
			taken = take(size);
			assert_int_equal(taken != NULL, cases[i].made);
			if (taken)
				assert_true(is_ready(taken, size));
			free(taken);
		}
		assert_null(take(size));
		none_spare(state);
	}
}

/* What is there by then is not made. */
static void test_prepare_given(void **state)
{
	void *given;

	(void)state;
	assert_null(take(SIZE));
	given = give(SIZE);
	spare_prepare();
	assert_ptr_equal(take(SIZE), given);
	assert_null(take(SIZE));
	free(given);
}

/* Nor is it tried again. */
static void test_prepare_short(void **state)
{
	(void)state;
	assert_null(take(SIZE));
	short_heap_at = 1;
	spare_prepare();
	assert_int_equal(short_heap_at, 0);
	spare_prepare();
	assert_null(take(SIZE));
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
		cmocka_unit_test_setup(test_prepare, none_spare),
		cmocka_unit_test_setup(test_prepare_given, none_spare),
		cmocka_unit_test_setup(test_prepare_short, none_spare),
		cmocka_unit_test_setup(test_bytes, none_spare),
	};

	return cmocka_run_group_tests(tests, NULL, none_spare);
}
