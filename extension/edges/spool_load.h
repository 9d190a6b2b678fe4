/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one file of the spool, believing nothing. */
#ifndef EDGES_SPOOL_LOAD_H
#define EDGES_SPOOL_LOAD_H

#include "domain/payload.h"
#include "edges/spool_batch.h"
#include "edges/spool_folder.h"

/* The batch's messages as payloads onto the end of `members`. False where the file is gone or not
 * what `batch` says, or memory is short; `members` may then hold some. */
bool spool_load(const struct spool_folder *folder, const struct spool_batch *batch, size_t *held,
		struct payload_list *members);

#endif
