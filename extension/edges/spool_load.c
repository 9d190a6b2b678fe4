/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/spool_load.h"

#include <fcntl.h>
#include <unistd.h>

#include "edges/spool_format.h"

/* The next bytes of the file, all of them. */
static bool read_next(int fd, size_t size, struct bytes *out)
{
	if (!bytes_reserve(out, size))
		return false;
	while (size > 0) {
		ssize_t n = read(fd, out->data + out->len, size);

		if (n <= 0)
			return false;
		out->len += (size_t)n;
		size -= (size_t)n;
	}
	return true;
}

static bool same(const struct spool_batch *a, const struct spool_batch *b)
{
	return a->number == b->number && a->key == b->key && a->signal == b->signal &&
	       a->items == b->items && a->bytes == b->bytes;
}

/* The next message of the file onto the end of the list. */
static bool read_member(int fd, const struct spool_batch *batch, const struct spool_member *row,
			uint32_t *checksum, struct payload_list *members, size_t *held)
{
	struct spool_member member = *row;
	struct bytes message = {0};
	struct payload *p;

	if (!read_next(fd, member.length, &message) ||
	    !spool_message_fits(batch->signal, bytes_slice(&message), &member)) {
		bytes_free(&message);
		return false;
	}
	*checksum = spool_checksum(*checksum, bytes_slice(&message));
	p = payload_new(batch->signal, &message, member.items, 0, held);
	if (!p)
		return false;
	p->alone = member.alone;
	p->maybe_sent = (unsigned)member.maybe_sent << batch->destination;
	if (payload_list_push(members, p))
		return true;
	payload_unref(p);
	return false;
}

static bool read_file(int fd, const struct spool_batch *batch, struct payload_list *members,
		      size_t *held)
{
	struct bytes bytes = {0}, table = {0};
	struct spool_head head;
	uint32_t checksum;
	bool ok = false;

	if (!read_next(fd, SPOOL_HEAD, &bytes) || !spool_head_read(bytes_slice(&bytes), &head) ||
	    !same(&head.batch, batch) || !read_next(fd, head.members * SPOOL_MEMBER, &table) ||
	    !spool_table_fits(&head, bytes_slice(&table)))
		goto out;
	checksum = spool_checksum(0, bytes_slice(&table));
	for (size_t i = 0; i < head.members; i++) {
		struct spool_member row = spool_table_at(bytes_slice(&table), i);

		if (!read_member(fd, batch, &row, &checksum, members, held))
			goto out;
	}
	ok = checksum == head.checksum;
out:
	bytes_free(&bytes);
	bytes_free(&table);
	return ok;
}

bool spool_load(const struct spool_folder *folder, const struct spool_batch *batch, size_t *held,
		struct payload_list *members)
{
	char name[SPOOL_NAME];
	struct stat st;
	bool ok;
	int fd;

	spool_name(batch->number, ".batch", name);
	fd = spool_folder_file(folder, name, O_RDONLY, &st);
	if (fd < 0)
		return false;
	ok = (size_t)st.st_size == batch->bytes && read_file(fd, batch, members, held);
	close(fd);
	return ok;
}
