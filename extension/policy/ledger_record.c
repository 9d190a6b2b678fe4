/* SPDX-License-Identifier: Apache-2.0 */
/* The record, little-endian:
 *
 *	 0	4	"LULB"
 *	 4	1	version
 *	 5	1	1: closed, else 0
 *	 6	1	books
 *	 7	1	drop reasons
 *	 8		of each book: the key of its destination (4 bytes), and for each signal (6
 *			bytes a number) received, inherited, exported, spooled, possible duplicates,
 *			dropped for each reason
 *		4	CRC-32 of all before it
 */
#include "policy/ledger_record.h"

#include <libdeflate.h>
#include <string.h>

#define MAGIC "LULB"
#define VERSION 3 /* another one wherever anything changes, also what a drop reason stands for */
#define HEAD ((size_t)8)
#define CRC ((size_t)4)
#define NUMBER ((size_t)6)
#define NUMBERS ((size_t)5 + DROP_REASONS)
#define ACCOUNT (NUMBER * NUMBERS)
#define KEY ((size_t)4)
#define BOOK (KEY + OTLP_SIGNALS * ACCOUNT)

_Static_assert(HEAD + LEDGER_BOOKS * BOOK + CRC <= LEDGER_RECORD_LONGEST,
	       "as long as it may be at most");

/* ---- Numbers ---- */

/* 48 bits: a million items a second for nine years. */
static void put_number(struct bytes *out, uint64_t number, size_t size)
{
	uint8_t le[8];

	for (size_t i = 0; i < sizeof le; i++)
		le[i] = (uint8_t)(number >> 8 * i);
	bytes_append(out, le, size);
}

/* Moved past; the bytes are there. */
static uint64_t take_number(struct slice *s, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number |= (uint64_t)s->data[i] << 8 * i;
	*s = slice_of(s->data + size, s->len - size);
	return number;
}

static uint32_t crc_of(struct slice s)
{
	return libdeflate_crc32(0, s.data, s.len);
}

/* ---- Accounts ---- */

static void put_account(struct bytes *out, const struct ledger_account *a)
{
	put_number(out, a->received, NUMBER);
	put_number(out, a->inherited, NUMBER);
	put_number(out, a->exported, NUMBER);
	put_number(out, a->spooled, NUMBER);
	put_number(out, a->possible_duplicates, NUMBER);
	for (unsigned r = 0; r < DROP_REASONS; r++)
		put_number(out, a->dropped[r], NUMBER);
}

static struct ledger_account take_account(struct slice *s)
{
	struct ledger_account a;

	a.received = take_number(s, NUMBER);
	a.inherited = take_number(s, NUMBER);
	a.exported = take_number(s, NUMBER);
	a.spooled = take_number(s, NUMBER);
	a.possible_duplicates = take_number(s, NUMBER);
	for (unsigned r = 0; r < DROP_REASONS; r++)
		a.dropped[r] = take_number(s, NUMBER);
	return a;
}

void ledger_record_write(const struct ledger_book books[], size_t count, bool closed,
			 struct bytes *out)
{
	size_t start = out->len;

	bytes_append(out, MAGIC, 4);
	bytes_addc(out, VERSION);
	bytes_addc(out, closed);
	bytes_addc(out, (uint8_t)count);
	bytes_addc(out, DROP_REASONS);
	for (size_t d = 0; d < count; d++) {
		put_number(out, books[d].key, KEY);
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			put_account(out, &books[d].account[s]);
	}
	if (!out->failed)
		put_number(out, crc_of(slice_of(out->data + start, out->len - start)), CRC);
}

/* ---- The next life ---- */

/* The books in a record that is whole, and of this version. */
static enum ledger_before open_record(struct slice record, struct slice *books)
{
	size_t len;
	struct slice crc;

	if (record.len < HEAD || memcmp(record.data, MAGIC, 4) != 0 || record.data[4] != VERSION ||
	    record.data[5] > 1 || record.data[6] > LEDGER_BOOKS || record.data[7] != DROP_REASONS)
		return LEDGER_UNKNOWN;
	len = HEAD + record.data[6] * BOOK;
	if (record.len < len + CRC)
		return LEDGER_UNKNOWN;
	crc = slice_of(record.data + len, CRC);
	if (take_number(&crc, CRC) != crc_of(slice_of(record.data, len)))
		return LEDGER_UNKNOWN;
	*books = slice_of(record.data + HEAD, len - HEAD);
	return record.data[5] ? LEDGER_CLOSED : LEDGER_KILLED;
}

/* What the record says, to the books of the same key, or to the last. */
static void take_books(struct slice record, const struct ledger_book books[], size_t count)
{
	while (record.len >= BOOK) {
		uint64_t key = take_number(&record, KEY);
		size_t at = 0;

		while (at < count - 1 && books[at].key != key)
			at++;
		for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
			struct ledger_account old = take_account(&record);

			ledger_add(&books[at].account[s], &old);
		}
	}
}

/* `open` items were open at the end of the life before, and `found` are left of them: what is
 * missing was dropped, what is too much is inherited. Returns what is missing. */
static uint64_t settle(struct ledger_account *a, uint64_t open, uint64_t found,
		       enum drop_reason missing)
{
	uint64_t lost = found < open ? open - found : 0;

	a->dropped[missing] += lost;
	a->inherited += found + lost - open;
	a->spooled = found;
	return lost;
}

/* `a` is as the record has it. */
static uint64_t adopt(struct ledger_account *a, enum ledger_before before, uint64_t found)
{
	uint64_t came = a->received + a->inherited, gone = a->exported + ledger_dropped(a);
	uint64_t spooled = a->spooled;

	if (before == LEDGER_KILLED && came >= gone)
		return settle(a, came - gone, found, DROP_CRASH);
	*a = (struct ledger_account){0};
	if (before != LEDGER_CLOSED)
		return settle(a, 0, found, DROP_SPOOL);
	a->inherited = spooled;
	return settle(a, spooled, found, DROP_SPOOL);
}

enum ledger_before ledger_adopt(struct slice record, const uint64_t found[][OTLP_SIGNALS],
				const struct ledger_book books[], size_t count, uint64_t *lost)
{
	struct slice rest = {0};
	enum ledger_before before = open_record(record, &rest);

	for (size_t i = 0; i < count * OTLP_SIGNALS; i++)
		books[i / OTLP_SIGNALS].account[i % OTLP_SIGNALS] = (struct ledger_account){0};
	take_books(rest, books, count);
	*lost = 0;
	for (size_t d = 0; d < count; d++)
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			*lost += adopt(&books[d].account[s], before, found[d][s]);
	return before;
}
