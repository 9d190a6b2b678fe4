/* SPDX-License-Identifier: Apache-2.0 */
#include "short_memory.h"

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

int short_memory_at;

void *__wrap_realloc(void *old, size_t size)
{
	if (short_memory_at > 0 && --short_memory_at == 0)
		return NULL;
	return __real_realloc(old, size);
}
