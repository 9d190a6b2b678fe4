/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/spool_index.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 16

bool spool_index_reserve(struct spool_index *index)
{
	size_t cap = index->cap ? 2 * index->cap : FIRST_CAP;
	struct spool_entry *grown;

	if (index->count < index->cap)
		return true;
	if (index->count >= SPOOL_FILES)
		return false;
	grown = realloc(index->entries, cap * sizeof *grown);
	if (!grown)
		return false;
	index->entries = grown;
	index->cap = cap;
	return true;
}

void spool_index_add(struct spool_index *index, const struct spool_batch *batch)
{
	index->entries[index->count++] = (struct spool_entry){.batch = *batch};
	index->bytes += batch->bytes;
}

static int by_number(const void *a, const void *b)
{
	const struct spool_entry *x = a, *y = b;

	return (x->batch.number > y->batch.number) - (x->batch.number < y->batch.number);
}

void spool_index_sort(struct spool_index *index)
{
	if (index->count > 1)
		qsort(index->entries, index->count, sizeof *index->entries, by_number);
}

void spool_index_free(struct spool_index *index)
{
	free(index->entries);
	*index = (struct spool_index){0};
}

struct spool_entry *spool_index_first(struct spool_index *index, unsigned destination,
				      enum otlp_signal signal, bool any)
{
	for (size_t i = 0; i < index->count; i++) {
		struct spool_entry *entry = &index->entries[i];

		if (!entry->taken && (any || (entry->batch.destination == destination &&
					      entry->batch.signal == signal)))
			return entry;
	}
	return NULL;
}

struct spool_entry *spool_index_find(struct spool_index *index, uint64_t number)
{
	struct spool_entry key = {.batch = {.number = number}};

	if (index->count == 0)
		return NULL;
	return bsearch(&key, index->entries, index->count, sizeof key, by_number);
}

void spool_index_remove(struct spool_index *index, struct spool_entry *entry)
{
	size_t at = (size_t)(entry - index->entries);

	index->bytes -= entry->batch.bytes;
	index->count--;
	memmove(entry, entry + 1, (index->count - at) * sizeof *entry);
}
