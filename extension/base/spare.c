/* SPDX-License-Identifier: Apache-2.0 */
#include "base/spare.h"

#include <stdbool.h>
#include <stdlib.h>

/* Smaller than it may be somewhere is fine. */
#define PAGE ((size_t)4 << 10)

static struct spare {
	void *memory;
	size_t size;
} spares[SPARES];
static unsigned oldest;
static size_t wanted; /* bytes, last; 0: nothing since there was a look */

static bool is_kept(size_t size)
{
	return size >= SPARE_LEAST && size <= SPARE_MOST;
}

/* One that fits, or NULL. */
static struct spare *find(size_t size)
{
	for (unsigned i = 0; i < SPARES; i++)
		if (spares[i].size >= size && spares[i].size - size < spares[i].size / 8)
			return &spares[i];
	return NULL;
}

void *spare_take(size_t *size)
{
	struct spare *spare = find(*size), found;

	if (is_kept(*size))
		wanted = *size;
	if (!spare)
		return NULL;
	found = *spare;
	*spare = (struct spare){0};
	*size = found.size;
	return found.memory;
}

static void touch_pages(volatile char *memory, size_t size)
{
	for (size_t at = 0; at < size; at += PAGE)
		memory[at] = 0;
	memory[size - 1] = 0;
}

void spare_prepare(void)
{
	size_t size = wanted;
	void *memory = size > 0 && !find(size) ? malloc(size) : NULL;

	wanted = 0;
	if (!memory)
		return;
	touch_pages(memory, size);
	spare_give(memory, size);
}

void spare_give(void *memory, size_t size)
{
	if (is_kept(size)) {
		struct spare last = spares[oldest];

		spares[oldest] = (struct spare){memory, size};
		oldest = (oldest + 1) % SPARES;
		memory = last.memory;
	}
	free(memory);
}
