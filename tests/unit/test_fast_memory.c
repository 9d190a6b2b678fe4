/* SPDX-License-Identifier: Apache-2.0 */
/* The copies that the program uses in place of libc's, under names of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef __x86_64__
#define FAST_MEMORY_PREFIX fast_
#include "base/fast_memory.c"

#define AREA 8192
#define MARGIN 128 /* before and behind what is copied: must stay as it is */
#define SMALL 320  /* beyond every change of method, with all remainders of its loops */

static const size_t large[] = {511, 512, 1000, 1023, 1024, 1025, 2048, 4095, 4096, 4097};
static uint8_t area[AREA], expected[AREA];

static void fill(uint8_t *data, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)((i + seed) * 167 + (i >> 8) * 13);
}

/* Bytes one after the other: what a copy means. */
static void copy_plainly(uint8_t *to, const uint8_t *from, size_t len)
{
	if (to <= from)
		for (size_t i = 0; i < len; i++)
			to[i] = from[i];
	else
		for (size_t i = len; i > 0; i--)
			to[i - 1] = from[i - 1];
}

/* Copies within one area and looks at all of it. */
static void check_move(size_t to, size_t from, size_t len)
{
	size_t end = (to > from ? to : from) + len + MARGIN;

	fill(area, end, (unsigned)len);
	fill(expected, end, (unsigned)len);
	copy_plainly(expected + to, expected + from, len);
	assert_ptr_equal(fast_memmove(area + to, area + from, len), area + to);
	assert_memory_equal(area, expected, end);
}

static void test_overlap(void **state)
{
	(void)state;
	for (size_t len = 0; len < SMALL; len++)
		for (size_t align = 0; align < 16; align += 3)
			for (size_t distance = 0; distance <= 70; distance++) {
				check_move(MARGIN + align + distance, MARGIN + align, len);
				check_move(MARGIN + align, MARGIN + align + distance, len);
			}
}

static void test_overlap_of_large_ones(void **state)
{
	static const size_t distances[] = {0, 1, 7, 8, 15, 16, 17, 31, 63, 64, 65, 400, 1024};

	(void)state;
	for (size_t i = 0; i < sizeof large / sizeof large[0]; i++)
		for (size_t d = 0; d < sizeof distances / sizeof distances[0]; d++)
			for (size_t align = 0; align < 16; align++) {
				check_move(MARGIN + align + distances[d], MARGIN + align, large[i]);
				check_move(MARGIN + align, MARGIN + align + distances[d], large[i]);
			}
}

static void check_copy(size_t to_align, size_t from_align, size_t len)
{
	static uint8_t from[AREA];
	size_t end = MARGIN + to_align + len + MARGIN;

	fill(from, from_align + len, (unsigned)(len + from_align));
	memset(area, 0xa5, end);
	memset(expected, 0xa5, end);
	copy_plainly(expected + MARGIN + to_align, from + from_align, len);
	assert_ptr_equal(fast_memcpy(area + MARGIN + to_align, from + from_align, len),
			 area + MARGIN + to_align);
	assert_memory_equal(area, expected, end);
}

static void test_copy_at_any_alignment(void **state)
{
	(void)state;
	for (size_t to = 0; to < 16; to++)
		for (size_t from = 0; from < 16; from++) {
			for (size_t len = 0; len < SMALL; len++)
				check_copy(to, from, len);
			for (size_t i = 0; i < sizeof large / sizeof large[0]; i++)
				check_copy(to, from, large[i]);
		}
}

/* `size` bytes (whole pages) between two pages that must not be touched. */
static uint8_t *between_guards(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *map = mmap(NULL, size + 2 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map, page, PROT_NONE), 0);
	assert_int_equal(mprotect(map + page + size, page, PROT_NONE), 0);
	return map + page;
}

static void test_nothing_else_is_touched(void **state)
{
	uint8_t *to = between_guards(AREA), *from = between_guards(AREA);

	(void)state;
	fill(from, AREA, 1);
	for (size_t len = 0; len < SMALL; len++) {
		uint8_t *to_end = to + AREA - len, *from_end = from + AREA - len;

		fast_memcpy(to, from, len);
		assert_memory_equal(to, from, len);
		fast_memcpy(to_end, from_end, len);
		assert_memory_equal(to_end, from_end, len);
		fast_memmove(to, from_end, len);
		assert_memory_equal(to, from_end, len);
		fast_memmove(to_end, from, len);
		assert_memory_equal(to_end, from, len);
	}
	fast_memmove(from, from + 1, AREA - 1);
	fast_memmove(from + 1, from, AREA - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_overlap_of_large_ones),
		cmocka_unit_test(test_copy_at_any_alignment),
		cmocka_unit_test(test_nothing_else_is_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void test_of_libc(void **state)
{
	(void)state;
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_of_libc)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
