/* SPDX-License-Identifier: Apache-2.0 */
/* Which batches are in files: in memory, by number, bounded. No I/O. */
#ifndef EDGES_SPOOL_INDEX_H
#define EDGES_SPOOL_INDEX_H

#include "edges/spool_batch.h"

/* So many files at most: 40 KB of memory. The spool holds batches, not single payloads. */
#define SPOOL_FILES 1024

struct spool_entry {
	struct spool_batch batch;
	bool taken; /* somebody is about to deal with it */
};

/* {0} is empty. */
struct spool_index {
	struct spool_entry *entries; /* by number, once sorted */
	size_t count;
	size_t cap;
	size_t bytes; /* of all files, those taken too */
};

/* Makes room for one more. False where there are SPOOL_FILES, or memory is short. */
bool spool_index_reserve(struct spool_index *index);
/* After spool_index_reserve(): cannot fail. Of the highest number, or spool_index_sort() follows.
 * */
void spool_index_add(struct spool_index *index, const struct spool_batch *batch);
void spool_index_sort(struct spool_index *index);
void spool_index_free(struct spool_index *index);

/* The first that is not taken, of that destination and signal, or (`any`) at all; NULL where there
 * is none. Valid until the index changes. */
struct spool_entry *spool_index_first(struct spool_index *index, unsigned destination,
				      enum otlp_signal signal, bool any);
/* The one with that number, or NULL. */
struct spool_entry *spool_index_find(struct spool_index *index, uint64_t number);
void spool_index_remove(struct spool_index *index, struct spool_entry *entry);

#endif
