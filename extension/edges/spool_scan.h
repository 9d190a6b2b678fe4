/* SPDX-License-Identifier: Apache-2.0 */
/* What a life before left in the folder. */
#ifndef EDGES_SPOOL_SCAN_H
#define EDGES_SPOOL_SCAN_H

#include "edges/spool_folder.h"
#include "edges/spool_index.h"

/* Whoever fills the folder up makes us read so many names, and open so many files, and no more. */
#define SPOOL_SCAN_NAMES 32768
#define SPOOL_SCAN_FILES (2 * SPOOL_FILES)

struct spool_found {
	size_t passed; /* files that are foreign or broken, or for which there was no room */
	bool all;      /* the end of the folder was reached */
};

/* Files with valid heads to the index, sorted, each with the number that its key has. Unfinished
 * files of a life before are removed: they hold nothing that was booked as written. */
struct spool_found spool_scan(const struct spool_folder *folder, const struct spool_keys *known,
			      struct spool_index *index);

#endif
