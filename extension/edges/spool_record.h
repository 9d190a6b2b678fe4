/* SPDX-License-Identifier: Apache-2.0 */
/* The record of the books: one small block, overwritten in place. */
#ifndef EDGES_SPOOL_RECORD_H
#define EDGES_SPOOL_RECORD_H

#include "base/bytes.h"
#include "edges/spool_folder.h"

#define SPOOL_RECORD_HEAD 16 /* magic 0, length 8, checksum of those and of the text 12 */
#define SPOOL_RECORD_TEXT 3072
#define SPOOL_RECORD_BLOCK (SPOOL_RECORD_HEAD + SPOOL_RECORD_TEXT)

struct spool_record_file {
	int fd;        /* -1: none */
	unsigned age;  /* of the folder it is in */
	bool whole;    /* the whole block is on disk: overwriting it takes no space */
	unsigned rest; /* so many writings are left out before the next attempt to make it */
	uint8_t block[SPOOL_RECORD_BLOCK];
};

/* Opens the file, or makes it in place of whatever has its name, and reads it. What the life before
 * wrote last, which lies in `block`; empty where there is nothing, or anything else. */
struct slice spool_record_open(struct spool_record_file *file, const struct spool_folder *folder);

/* See spool_write_record(). The file is made again where somebody deleted it. */
void spool_record_write(struct spool_record_file *file, struct spool_folder *folder,
			struct slice text);

void spool_record_close(struct spool_record_file *file);

#endif
