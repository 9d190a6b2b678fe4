/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for many small things that die together. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct arena_block;

/* {0} is the empty one. `failed` is sticky as in struct bytes. */
struct arena {
	struct arena_block *blocks;
	size_t left; /* in the first block */
	bool failed;
};

/* `size` zeroed bytes aligned for anything, valid until arena_free(); NULL where memory is
 * short. */
void *arena_alloc(struct arena *a, size_t size);

/* A terminated copy. NULL where memory is short. */
char *arena_string(struct arena *a, struct slice s);

/* Frees all and leaves {0}. */
void arena_free(struct arena *a);

#endif
