/* SPDX-License-Identifier: Apache-2.0 */
/* Makes one malloc or calloc fail, of one source file: include this, then that file, which then
 * stands for the one in the archive. (realloc: short_memory.h.) */
#ifndef TESTS_UNIT_SHORT_HEAP_H
#define TESTS_UNIT_SHORT_HEAP_H

#include <stdbool.h>
#include <stdlib.h>

/* The how-manieth allocation from now on fails, once: 1 is the next; 0: none. */
static int short_heap_at;

static inline bool short_heap_now(void)
{
	return short_heap_at > 0 && --short_heap_at == 0;
}

static inline void *short_heap_malloc(size_t size)
{
	return short_heap_now() ? NULL : malloc(size);
}

static inline void *short_heap_calloc(size_t count, size_t size)
{
	return short_heap_now() ? NULL : calloc(count, size);
}

#define malloc short_heap_malloc
#define calloc short_heap_calloc

#endif
