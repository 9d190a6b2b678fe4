/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file of the spool. The first byte says what is mended before, so that more gets
 * past the checksums: 1 the size in the head, 2 the checksum of what is behind the head, 4 the
 * head's own. The unit tests include this. */
#include <stdlib.h>
#include <string.h>

#include "edges/spool_format.h"
#include "require.h"

#define AT_BYTES 24
#define AT_CHECKSUM 44
#define AT_HEAD_CHECKSUM 48

static void put_number(uint8_t *at, size_t size, uint64_t value)
{
	for (; size > 0; size--, value >>= 8)
		*at++ = (uint8_t)value;
}

static void mend(unsigned what, uint8_t *file, size_t size)
{
	if (size < SPOOL_HEAD)
		return;
	if (what & 1)
		put_number(file + AT_BYTES, 8, size);
	if (what & 2)
		put_number(file + AT_CHECKSUM, 4,
			   spool_checksum(0, slice_of(file + SPOOL_HEAD, size - SPOOL_HEAD)));
	if (what & 4)
		put_number(file + AT_HEAD_CHECKSUM, 4,
			   spool_checksum(0, slice_of(file, AT_HEAD_CHECKSUM)));
}

/* The messages as payloads. Returns whether all of them are what the table says. */
static bool take_messages(const struct spool_head *head, struct slice table, struct slice messages,
			  struct payload_list *members, size_t *held)
{
	const uint8_t *at = messages.data;
	bool fit = true;

	for (size_t i = 0; i < head->members; i++) {
		struct spool_member row = spool_table_at(table, i), checked = row;
		struct bytes message = {0};
		struct payload *p;

		REQUIRE(row.length <= (size_t)(messages.data + messages.len - at));
		fit &= spool_message_fits(head->batch.signal, slice_of(at, row.length), &checked);
		REQUIRE(checked.alone || !row.alone);
		bytes_append(&message, at, row.length);
		at += row.length;
		p = payload_new(head->batch.signal, &message, row.items, 0, held);
		REQUIRE(p && payload_list_push(members, p));
		p->alone = row.alone;
		p->maybe_sent = row.maybe_sent;
	}
	REQUIRE(at == messages.data + messages.len);
	return fit;
}

/* Does it pass for a file of the spool? If so, it is what would be written of what is in it, but
 * for the checksum behind the head where that is wrong. */
static bool try_file(struct slice file)
{
	struct slice table, messages,
		start = {file.data, file.len < SPOOL_HEAD ? file.len : SPOOL_HEAD};
	struct payload_list members = {0};
	struct spool_batch batch;
	struct spool_head head;
	struct bytes again = {0};
	size_t held = 0;
	bool fit;

	if (!spool_head_read(start, &head) || head.batch.bytes != file.len)
		return false;
	REQUIRE(head.batch.number < SPOOL_NUMBER_LIMIT && head.batch.signal < OTLP_SIGNALS);
	REQUIRE(head.batch.destination == 0 && head.batch.items <= file.len / 2);
	REQUIRE(head.members * SPOOL_MEMBER <= file.len - SPOOL_HEAD);
	table = slice_of(file.data + SPOOL_HEAD, head.members * SPOOL_MEMBER);
	if (!spool_table_fits(&head, table))
		return false;
	messages = slice_of(table.data + table.len, file.len - SPOOL_HEAD - table.len);
	fit = take_messages(&head, table, messages, &members, &held);
	fit &= head.checksum == spool_checksum(spool_checksum(0, table), messages);
	batch = head.batch;
	spool_encode(&batch, &members, &again);
	REQUIRE(batch.items == head.batch.items && batch.bytes == head.batch.bytes);
	REQUIRE(again.len == SPOOL_HEAD + table.len);
	REQUIRE(!fit || memcmp(again.data, file.data, again.len) == 0);
	bytes_free(&again);
	payload_list_free(&members);
	REQUIRE(held == 0);
	return fit;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes file = {0};

	if (size < 2)
		return 0;
	bytes_append(&file, data + 1, size - 1);
	if (file.failed)
		return 0;
	mend(data[0], file.data, file.len);
	try_file(bytes_slice(&file));
	bytes_free(&file);
	return 0;
}
