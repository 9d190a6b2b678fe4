/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/spool_format.h"

#include <libdeflate.h>
#include <string.h>

#define MEMBER_ALONE 1U
#define MEMBER_MAYBE_SENT 2U

/* Little-endian, whatever the machine. The head: magic 0, number 8, items 16, bytes 24, key of
 * the destination 32, signal 36, members 40, checksum 44, checksum of the head up to there 48. */
static const char magic[8] = {'l', 'u', 'l', 'l', 's', 'p', 'l', '2'};
#define HEAD_CHECKED 48

static void put(uint8_t *at, size_t size, uint64_t value)
{
	for (; size > 0; size--, value >>= 8)
		*at++ = (uint8_t)value;
}

static uint64_t get(const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	while (size-- > 0)
		value = value << 8 | at[size];
	return value;
}

void spool_name(uint64_t number, const char *suffix, char name[static SPOOL_NAME])
{
	static const char digits[] = "0123456789abcdef";
	size_t i, len = strlen(suffix);

	for (i = 0; i < 16; i++)
		name[i] = digits[number >> (60 - 4 * i) & 15];
	memcpy(name + 16, suffix, len + 1);
}

bool spool_name_parse(const char *name, const char *suffix, uint64_t *number)
{
	char again[SPOOL_NAME];
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < 16; i++) {
		char c = name[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (unsigned)(c - 'a' + 10);
		else
			return false;
	}
	spool_name(value, suffix, again);
	if (strcmp(name, again) != 0 || value >= SPOOL_NUMBER_LIMIT)
		return false;
	*number = value;
	return true;
}

uint32_t spool_checksum(uint32_t checksum, struct slice next)
{
	/* libdeflate takes a null pointer as the start of a new one. */
	return next.len > 0 ? libdeflate_crc32(checksum, next.data, next.len) : checksum;
}

size_t spool_file_size(const struct payload_list *members)
{
	return SPOOL_HEAD + members->count * SPOOL_MEMBER + members->bytes;
}

static void encode_table(const struct payload_list *members, unsigned destination, uint8_t *at)
{
	unsigned bit = 1U << destination;

	for (size_t i = 0; i < members->count; i++, at += SPOOL_MEMBER) {
		const struct payload *p = payload_list_at(members, i);

		put(at, 4, p->message.len);
		put(at + 4, 4, p->items);
		put(at + 8, 4,
		    (p->alone ? MEMBER_ALONE : 0) | (p->maybe_sent & bit ? MEMBER_MAYBE_SENT : 0));
	}
}

void spool_encode(struct spool_batch *batch, const struct payload_list *members, struct bytes *out)
{
	size_t table = members->count * SPOOL_MEMBER;
	uint32_t checksum;
	uint8_t *head;

	batch->items = payload_list_items(members);
	batch->bytes = spool_file_size(members);
	if (!bytes_reserve(out, SPOOL_HEAD + table))
		return;
	head = out->data + out->len;
	out->len += SPOOL_HEAD + table;
	encode_table(members, batch->destination, head + SPOOL_HEAD);
	checksum = spool_checksum(0, slice_of(head + SPOOL_HEAD, table));
	for (size_t i = 0; i < members->count; i++)
		checksum = spool_checksum(checksum,
					  bytes_slice(&payload_list_at(members, i)->message));
	memcpy(head, magic, sizeof magic);
	put(head + 8, 8, batch->number);
	put(head + 16, 8, batch->items);
	put(head + 24, 8, batch->bytes);
	put(head + 32, 4, batch->key);
	put(head + 36, 4, batch->signal);
	put(head + 40, 4, members->count);
	put(head + 44, 4, checksum);
	put(head + HEAD_CHECKED, 4, spool_checksum(0, slice_of(head, HEAD_CHECKED)));
}

/* An item takes two bytes at least, so that nobody can make the books say more than fits. */
static bool plausible(uint64_t items, uint64_t bytes, uint64_t members)
{
	uint64_t rest;

	if (bytes < SPOOL_HEAD || bytes > SPOOL_FILE_LIMIT || members == 0)
		return false;
	rest = bytes - SPOOL_HEAD;
	return members <= rest / SPOOL_MEMBER && items <= (rest - members * SPOOL_MEMBER) / 2;
}

bool spool_head_read(struct slice bytes, struct spool_head *head)
{
	const uint8_t *at = bytes.data;

	if (bytes.len != SPOOL_HEAD || memcmp(at, magic, sizeof magic) != 0 ||
	    get(at + HEAD_CHECKED, 4) != spool_checksum(0, slice_of(at, HEAD_CHECKED)))
		return false;
	if (get(at + 8, 8) >= SPOOL_NUMBER_LIMIT || get(at + 36, 4) >= OTLP_SIGNALS ||
	    !plausible(get(at + 16, 8), get(at + 24, 8), get(at + 40, 4)))
		return false;
	*head = (struct spool_head){
		.batch = {.number = get(at + 8, 8),
			  .key = (uint32_t)get(at + 32, 4),
			  .signal = (enum otlp_signal)get(at + 36, 4),
			  .items = get(at + 16, 8),
			  .bytes = get(at + 24, 8)},
		.members = get(at + 40, 4),
		.checksum = (uint32_t)get(at + 44, 4),
	};
	return true;
}

bool spool_table_fits(const struct spool_head *head, struct slice table)
{
	uint64_t bytes = SPOOL_HEAD + table.len, items = 0;

	if (table.len != head->members * SPOOL_MEMBER)
		return false;
	for (size_t i = 0; i < head->members; i++) {
		const uint8_t *at = table.data + i * SPOOL_MEMBER;

		bytes += get(at, 4);
		items += get(at + 4, 4);
		if (get(at + 8, 4) & ~(uint64_t)(MEMBER_ALONE | MEMBER_MAYBE_SENT))
			return false;
	}
	return bytes == head->batch.bytes && items == head->batch.items;
}

struct spool_member spool_table_at(struct slice table, size_t index)
{
	const uint8_t *at = table.data + index * SPOOL_MEMBER;
	uint64_t flags = get(at + 8, 4);

	return (struct spool_member){
		.length = get(at, 4),
		.items = get(at + 4, 4),
		.alone = flags & MEMBER_ALONE,
		.maybe_sent = flags & MEMBER_MAYBE_SENT,
	};
}

bool spool_message_fits(enum otlp_signal signal, struct slice message, struct spool_member *member)
{
	struct otlp_verdict verdict = otlp_check(signal, message);

	if (!verdict.valid || verdict.items != member->items)
		return false;
	member->alone |= verdict.alone;
	return true;
}
