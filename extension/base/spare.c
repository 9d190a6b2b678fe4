/* SPDX-License-Identifier: Apache-2.0 */
#include "base/spare.h"

#include <stdlib.h>

static struct spare {
	void *memory;
	size_t size;
} spares[SPARES];
static unsigned oldest;

void *spare_take(size_t *size)
{
	for (unsigned i = 0; i < SPARES; i++) {
		struct spare found = spares[i];

		if (found.size < *size || found.size - *size >= found.size / 8)
			continue;
		spares[i] = (struct spare){0};
		*size = found.size;
		return found.memory;
	}
	return NULL;
}

void spare_give(void *memory, size_t size)
{
	if (size >= SPARE_LEAST && size <= SPARE_MOST) {
		struct spare last = spares[oldest];

		spares[oldest] = (struct spare){memory, size};
		oldest = (oldest + 1) % SPARES;
		memory = last.memory;
	}
	free(memory);
}
