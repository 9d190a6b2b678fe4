/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "edges/spool_format.h"
#include "edges/spool_load.h"
#include "edges/spool_record.h"
#include "edges/spool_scan.h"

_Static_assert(SPOOL_RECORD == SPOOL_RECORD_TEXT, "one limit");

#define NAME_TRIES 64 /* files in the way of a new one that are passed over */

struct spool {
	size_t limit;
	bool on;             /* spool_open() succeeded */
	bool said;           /* that the disk refuses */
	uint64_t next;       /* number of the next file */
	struct slice record; /* of the life before */
	struct spool_keys known;
	struct spool_index index;
	struct spool_folder folder;
	struct spool_record_file record_file;
	char path[];
};

struct spool *spool_new(const char *folder, size_t limit)
{
	size_t len = strlen(folder);
	struct spool *spool;

	while (len > 1 && folder[len - 1] == '/')
		len--;
	spool = calloc(1, sizeof *spool + len + 1);
	if (!spool)
		return NULL;
	memcpy(spool->path, folder, len);
	spool->limit = limit;
	spool->next = 1;
	spool->folder = (struct spool_folder){.path = spool->path, .fd = -1};
	spool->record_file.fd = -1;
	return spool;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	spool_record_close(&spool->record_file);
	spool_folder_close(&spool->folder);
	spool_index_free(&spool->index);
	free(spool);
}

static void say_found(const struct spool *spool, const struct spool_found *found)
{
	if (found->passed > 0)
		log_warn("%zu files in %s are foreign or broken and are left alone", found->passed,
			 spool->path);
	if (!found->all)
		log_warn("%s could not be read to its end: what the spool has there may be passed "
			 "over",
			 spool->path);
}

void spool_open(struct spool *spool, const struct spool_keys *known)
{
	struct spool_found found;
	const char *why;

	if (!spool || spool->limit == 0)
		return;
	why = spool_folder_open(&spool->folder);
	if (why) {
		log_warn("there is no spool: %s: %s", spool->path, why);
		return;
	}
	spool->on = true;
	spool->known = *known;
	spool->record = spool_record_open(&spool->record_file, &spool->folder);
	found = spool_scan(&spool->folder, known, &spool->index);
	if (spool->index.count > 0)
		spool->next = spool->index.entries[spool->index.count - 1].batch.number + 1;
	say_found(spool, &found);
}

uint64_t spool_items(const struct spool *spool, unsigned destination, enum otlp_signal signal)
{
	uint64_t items = 0;

	for (size_t i = 0; spool && i < spool->index.count; i++) {
		const struct spool_entry *entry = &spool->index.entries[i];

		if (!entry->taken && entry->batch.destination == destination &&
		    entry->batch.signal == signal)
			items += entry->batch.items;
	}
	return items;
}

/* ---- Writing ---- */

static bool within(const struct spool *spool, size_t before, size_t size)
{
	return before <= spool->limit && size <= spool->limit - before;
}

bool spool_takes(const struct spool *spool, size_t bytes)
{
	return spool && spool->on && bytes <= SPOOL_FILE_LIMIT &&
	       within(spool, 0, SPOOL_HEAD + SPOOL_MEMBER + bytes);
}

bool spool_has_room(const struct spool *spool, size_t bytes)
{
	return spool_takes(spool, bytes) && spool->index.count < SPOOL_FILES &&
	       within(spool, spool->index.bytes, SPOOL_HEAD + SPOOL_MEMBER + bytes);
}

/* A number that no file has. False where there is none near. */
static bool find_number(struct spool *spool, uint64_t *number)
{
	char name[SPOOL_NAME];

	for (unsigned i = 0; i < NAME_TRIES && spool->next < SPOOL_NUMBER_LIMIT; i++) {
		*number = spool->next++;
		spool_name(*number, ".batch", name);
		if (!spool_folder_has(&spool->folder, name))
			return true;
	}
	errno = EEXIST;
	return false;
}

/* False with errno. */
static bool write_file(struct spool *spool, struct spool_batch *batch,
		       const struct payload_list *members)
{
	char name[SPOOL_NAME], temporary[SPOOL_NAME];
	struct iovec *parts = calloc(members->count + 1, sizeof *parts);
	struct bytes head = {0};
	bool ok = false;

	spool_encode(batch, members, &head);
	if (!parts || head.failed) {
		errno = ENOMEM;
		goto out;
	}
	parts[0] = (struct iovec){.iov_base = head.data, .iov_len = head.len};
	for (size_t i = 0; i < members->count; i++) {
		const struct payload *p = payload_list_at(members, i);

		parts[i + 1] = (struct iovec){.iov_base = p->message.data,
					      .iov_len = p->message.len};
	}
	spool_name(batch->number, ".batch", name);
	spool_name(batch->number, ".new", temporary);
	/* Nothing lives under that name but what a life before left, unseen. */
	spool_folder_remove(&spool->folder, temporary);
	ok = spool_folder_put(&spool->folder, temporary, name, parts, members->count + 1);
out:
	free(parts);
	bytes_free(&head);
	return ok;
}

static bool refused(struct spool *spool, const char *why)
{
	if (!spool->said)
		log_warn("nothing can be spooled to %s: %s", spool->path, why);
	spool->said = true;
	return false;
}

bool spool_write(struct spool *spool, unsigned destination, enum otlp_signal signal,
		 const struct payload_list *members)
{
	struct spool_batch batch = {.destination = destination, .signal = signal};
	const char *why;

	/* The limit is asked as spool_has_room() was: the table may go a little beyond it. */
	if (members->count == 0 || !spool_has_room(spool, members->bytes) ||
	    destination >= spool->known.count || spool_file_size(members) > SPOOL_FILE_LIMIT ||
	    !spool_index_reserve(&spool->index))
		return false;
	batch.key = spool->known.keys[destination];
	why = spool_folder_settle(&spool->folder);
	if (why)
		return refused(spool, why);
	if (!find_number(spool, &batch.number) || !write_file(spool, &batch, members))
		return refused(spool, strerror(errno));
	spool_index_add(&spool->index, &batch);
	return true;
}

/* ---- Taking ---- */

static bool take(struct spool_entry *entry, struct spool_batch *batch)
{
	if (!entry)
		return false;
	entry->taken = true;
	*batch = entry->batch;
	return true;
}

bool spool_take(struct spool *spool, unsigned destination, enum otlp_signal signal,
		struct spool_batch *batch)
{
	return spool && take(spool_index_first(&spool->index, destination, signal, false), batch);
}

bool spool_take_oldest(struct spool *spool, struct spool_batch *batch)
{
	return spool && take(spool_index_first(&spool->index, 0, OTLP_TRACES, true), batch);
}

void spool_put_back(struct spool *spool, const struct spool_batch *batch)
{
	struct spool_entry *entry = spool ? spool_index_find(&spool->index, batch->number) : NULL;

	if (!entry)
		return;
	entry->taken = false;
	entry->batch.maybe_sent = batch->maybe_sent;
}

void spool_remove(struct spool *spool, const struct spool_batch *batch)
{
	struct spool_entry *entry = spool ? spool_index_find(&spool->index, batch->number) : NULL;
	char name[SPOOL_NAME];

	if (!entry)
		return;
	spool_name(batch->number, ".batch", name);
	spool_folder_remove(&spool->folder, name);
	spool_index_remove(&spool->index, entry);
}

bool spool_read(struct spool *spool, const struct spool_batch *batch, int64_t arrived, size_t *held,
		struct payload_list *members)
{
	struct payload_list got = {0};
	struct payload *p;
	bool ok;

	ok = spool && spool_load(&spool->folder, batch, held, &got) &&
	     payload_list_reserve(members, got.count);
	while (ok && (p = payload_list_pop(&got))) {
		p->arrived = arrived;
		p->maybe_sent |= (unsigned)batch->maybe_sent << batch->destination;
		payload_list_push(members, p);
	}
	payload_list_free(&got);
	return ok;
}

/* ---- The record ---- */

struct slice spool_record(const struct spool *spool)
{
	return spool ? spool->record : (struct slice){NULL, 0};
}

void spool_write_record(struct spool *spool, struct slice record)
{
	if (!spool || !spool->on)
		return;
	spool->record = (struct slice){NULL, 0};
	spool_record_write(&spool->record_file, &spool->folder, record);
}
