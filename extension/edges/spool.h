/* SPDX-License-Identifier: Apache-2.0 */
/* Batches on disk: one file each, which survives a reset of the environment. The function has the
 * same user and may do anything to the folder: nothing that is found there is trusted, and nothing
 * that is missing is fatal. */
#ifndef EDGES_SPOOL_H
#define EDGES_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/payload.h"
#include "edges/spool_batch.h"

struct spool;

/* Costs no I/O. `limit` is in bytes, all files together; 0: the disk is left alone. NULL where
 * memory is short: all functions take that, and do as with limit 0. */
struct spool *spool_new(const char *folder, size_t limit);
void spool_free(struct spool *spool); /* the files stay; NULL is fine */

/* Makes the folder (mode 0700; a link, a folder of somebody else, or one that another process has
 * is refused, said once, and there is no spool then) and takes up what a life before left in it:
 * those of destinations that are not `known` any more as of number known->count. Foreign and broken
 * files are skipped, and how many there were is said once. To be called once, before all that
 * follows; without it nothing is written. */
void spool_open(struct spool *spool, const struct spool_keys *known);

/* Items now in files, but for those that are taken. */
uint64_t spool_items(const struct spool *spool, unsigned destination, enum otlp_signal signal);

/* Writes payloads of one signal as one file. False, and nothing is left of it, where that is beyond
 * the limit, or the disk refuses (full, read-only; where the folder is gone it is made again), or
 * memory is short. */
bool spool_write(struct spool *spool, unsigned destination, enum otlp_signal signal,
		 const struct payload_list *members);

/* Could a file of so many bytes of payload ever be within the limit? Not where there is no spool.
 * */
bool spool_takes(const struct spool *spool, size_t bytes);

/* Would another file of so many bytes of payload be within the limit? */
bool spool_has_room(const struct spool *spool, size_t bytes);

/* The oldest file of that destination and signal, removed from the books of the spool until it is
 * put back; false where there is none. It stays on disk until it is removed. */
bool spool_take(struct spool *spool, unsigned destination, enum otlp_signal signal,
		struct spool_batch *batch);
/* The oldest of all. */
bool spool_take_oldest(struct spool *spool, struct spool_batch *batch);

/* Reads what was taken, validated anew, as payloads (`maybe_sent` as they were written or as
 * `batch` says, `alone` as written) onto the end of `members`. False where the file is gone or not
 * what was written, or memory is short: then it is to be removed. `held` as for payload_new(). */
bool spool_read(struct spool *spool, const struct spool_batch *batch, int64_t arrived, size_t *held,
		struct payload_list *members);

/* What was taken stays for later, in its old place, with `maybe_sent` as it is in `batch` now. */
void spool_put_back(struct spool *spool, const struct spool_batch *batch);

/* What was taken is dealt with: its file goes. */
void spool_remove(struct spool *spool, const struct spool_batch *batch);

/* ---- The record of the books ---- */

/* A small file of at most SPOOL_RECORD bytes in the same folder. The folder is locked by whoever
 * lives: of two processes the second has neither record nor spool. */
#define SPOOL_RECORD 3072

/* What the life before wrote last; empty where there is nothing. Valid after spool_open(), which
 * reads it, until the first writing. */
struct slice spool_record(const struct spool *spool);

/* Overwrites it in place, in one system call and one more that sees whether somebody deleted it.
 * What fails is not told: the books in memory hold. */
void spool_write_record(struct spool *spool, struct slice record);

#endif
