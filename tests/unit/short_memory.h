/* SPDX-License-Identifier: Apache-2.0 */
/* Makes one allocation fail. For tests linked with -Wl,--wrap=realloc (all of struct bytes grows by
 * realloc); included by the one file of the test. */
#ifndef TESTS_UNIT_SHORT_MEMORY_H
#define TESTS_UNIT_SHORT_MEMORY_H

#include <stddef.h>

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* The how-manieth realloc from now on fails, once: 1 is the next; 0: none. */
static int short_memory_at;

void *__wrap_realloc(void *old, size_t size)
{
	if (short_memory_at > 0 && --short_memory_at == 0)
		return NULL;
	return __real_realloc(old, size);
}

#endif
