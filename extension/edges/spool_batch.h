/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGES_SPOOL_BATCH_H
#define EDGES_SPOOL_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/otlp.h"

#define SPOOL_DESTINATIONS 8

/* What a file holds. */
struct spool_batch {
	uint64_t number; /* of the file: rising */
	unsigned destination;
	enum otlp_signal signal;
	size_t items;
	size_t bytes;    /* of the file */
	bool maybe_sent; /* a request with it may have arrived (in memory only) */
};

#endif
