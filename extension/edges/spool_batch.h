/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGES_SPOOL_BATCH_H
#define EDGES_SPOOL_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/otlp.h"

#define SPOOL_DESTINATIONS 8

/* Who is known in this life: `keys[n]` stands for destination n in the files, which may be those of
 * a life with other settings. */
struct spool_keys {
	uint32_t keys[SPOOL_DESTINATIONS];
	unsigned count;
};

/* What a file holds. */
struct spool_batch {
	uint64_t number;      /* of the file: rising */
	uint32_t key;         /* of the destination, as the file has it */
	unsigned destination; /* its number in this life; the count of them: none has that key */
	enum otlp_signal signal;
	size_t items;
	size_t bytes;    /* of the file */
	bool maybe_sent; /* a request with it may have arrived (in memory only) */
};

#endif
