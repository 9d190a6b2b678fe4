/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Most arenas stay small; those that do not need not ask often. */
#define FIRST_BLOCK ((size_t)1 << 10)
#define LARGEST_BLOCK ((size_t)16 << 10)

struct arena_block {
	struct arena_block *next;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

void *arena_alloc(struct arena *a, size_t size)
{
	size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct arena_block *block;

	if (a->failed || rounded < size || rounded > SIZE_MAX - sizeof *block)
		goto fail;
	if (!a->blocks || a->left < rounded) {
		size_t room = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;

		if (room > LARGEST_BLOCK)
			room = LARGEST_BLOCK;
		if (room < rounded)
			room = rounded;
		block = malloc(sizeof *block + room);
		if (!block)
			goto fail;
		block->next = a->blocks;
		block->size = room;
		a->blocks = block;
		a->left = room;
	}
	block = a->blocks;
	a->left -= rounded;
	return memset(block->data + a->left, 0, rounded);
fail:
	a->failed = true;
	return NULL;
}

char *arena_string(struct arena *a, struct slice s)
{
	char *copy = arena_alloc(a, s.len + 1);

	if (copy && s.len > 0)
		memcpy(copy, s.data, s.len);
	return copy;
}

void arena_free(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *next = a->blocks->next;

		free(a->blocks);
		a->blocks = next;
	}
	*a = (struct arena){0};
}
