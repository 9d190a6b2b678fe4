/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a file of the spool: a head, a table of members, their messages one behind the
 * other. No I/O, and nothing in it that says where the batch is to go: no endpoint, no header. */
#ifndef EDGES_SPOOL_FORMAT_H
#define EDGES_SPOOL_FORMAT_H

#include "domain/payload.h"
#include "edges/spool_batch.h"

#define SPOOL_HEAD 52   /* bytes */
#define SPOOL_MEMBER 12 /* bytes of one row of the table */

/* A file that says it is larger is not read into memory: a little above what one POST may be. */
#define SPOOL_FILE_LIMIT ((size_t)32 << 20)
#define SPOOL_NUMBER_LIMIT (UINT64_C(1) << 62)

struct spool_head {
	struct spool_batch batch; /* `destination` and `maybe_sent` are not of the file */
	size_t members;
	uint32_t checksum; /* of all behind the head */
};

struct spool_member {
	size_t length; /* of the message */
	size_t items;
	bool alone;
	bool maybe_sent;
};

/* The name of the file: 16 hexadecimal digits and ".batch"; while it is written ".new". */
#define SPOOL_NAME sizeof "0123456789abcdef.batch"
void spool_name(uint64_t number, const char *suffix, char name[static SPOOL_NAME]);
/* False where it is no such name, or its number is SPOOL_NUMBER_LIMIT or above. */
bool spool_name_parse(const char *name, const char *suffix, uint64_t *number);

/* What the file of those members will have in bytes. */
size_t spool_file_size(const struct payload_list *members);

/* Appends head and table. The batch's `bytes` and `items` are set to what the members make. Nothing
 * is appended, and out->failed set, where memory is short. */
void spool_encode(struct spool_batch *batch, const struct payload_list *members, struct bytes *out);

/* Reads SPOOL_HEAD bytes. False where they are not what spool_encode() wrote, or say what cannot
 * be: then `head` is not set. */
bool spool_head_read(struct slice bytes, struct spool_head *head);

/* Does the table (head->members * SPOOL_MEMBER bytes) make up the file and the items? */
bool spool_table_fits(const struct spool_head *head, struct slice table);
struct spool_member spool_table_at(struct slice table, size_t index);

/* The checksum of `next` behind what has `checksum`; 0 for nothing yet. */
uint32_t spool_checksum(uint32_t checksum, struct slice next);

/* Is it a request of that signal with the member's items? A checksum proves no good will.
 * `member->alone` is set where it must not be joined with others. */
bool spool_message_fits(enum otlp_signal signal, struct slice message, struct spool_member *member);

#endif
