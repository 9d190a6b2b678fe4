/* SPDX-License-Identifier: Apache-2.0 */
/* The record, little-endian:
 *
 *	 0	4	"LULB"
 *	 4	1	version
 *	 5	1	1: closed, else 0
 *	 6	1	destinations
 *	 7	1	drop reasons
 *	 8	6 a number	for each destination and signal: received, inherited, exported, spooled,
 *			possible duplicates, dropped for each reason
 *		4	CRC-32 of all before it
 */
#include "policy/ledger_record.h"

#include <libdeflate.h>
#include <string.h>

#define MAGIC "LULB"
#define VERSION 1 /* another one wherever anything changes, also what a drop reason stands for */
#define HEAD ((size_t)8)
#define CRC ((size_t)4)
#define NUMBER ((size_t)6)
#define NUMBERS ((size_t)5 + DROP_REASONS)
#define ACCOUNT (NUMBER * NUMBERS)

_Static_assert(HEAD + LEDGER_DESTINATIONS * OTLP_SIGNALS * ACCOUNT + CRC <= LEDGER_RECORD_LONGEST,
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

void ledger_record_write(const struct ledger_account *const accounts[], size_t count, bool closed,
			 struct bytes *out)
{
	size_t start = out->len;

	bytes_append(out, MAGIC, 4);
	bytes_addc(out, VERSION);
	bytes_addc(out, closed);
	bytes_addc(out, (uint8_t)count);
	bytes_addc(out, DROP_REASONS);
	for (size_t d = 0; d < count; d++)
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			put_account(out, &accounts[d][s]);
	if (!out->failed)
		put_number(out, crc_of(slice_of(out->data + start, out->len - start)), CRC);
}

/* ---- The next life ---- */

/* The accounts in a record that is whole, of this version and of so many destinations. */
static enum ledger_before open_record(struct slice record, size_t count, struct slice *accounts)
{
	size_t len = HEAD + count * OTLP_SIGNALS * ACCOUNT;
	struct slice crc;

	if (record.len < len + CRC || memcmp(record.data, MAGIC, 4) != 0 ||
	    record.data[4] != VERSION || record.data[5] > 1 || record.data[6] != count ||
	    record.data[7] != DROP_REASONS)
		return LEDGER_UNKNOWN;
	crc = slice_of(record.data + len, CRC);
	if (take_number(&crc, CRC) != crc_of(slice_of(record.data, len)))
		return LEDGER_UNKNOWN;
	*accounts = slice_of(record.data + HEAD, len - HEAD);
	return record.data[5] ? LEDGER_CLOSED : LEDGER_KILLED;
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

static uint64_t adopt(struct ledger_account *a, enum ledger_before before,
		      const struct ledger_account *old, uint64_t found)
{
	uint64_t came = old->received + old->inherited, gone = old->exported + ledger_dropped(old);

	*a = (struct ledger_account){0};
	if (before == LEDGER_CLOSED) {
		a->inherited = old->spooled;
		return settle(a, old->spooled, found, DROP_SPOOL);
	}
	if (before == LEDGER_KILLED && came >= gone) {
		*a = *old;
		return settle(a, came - gone, found, DROP_CRASH);
	}
	return settle(a, 0, found, DROP_SPOOL);
}

enum ledger_before ledger_adopt(struct slice record, const uint64_t found[][OTLP_SIGNALS],
				struct ledger_account *const accounts[], size_t count,
				uint64_t *lost)
{
	struct slice rest = {0};
	enum ledger_before before = open_record(record, count, &rest);

	*lost = 0;
	for (size_t d = 0; d < count; d++) {
		for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
			struct ledger_account old = {0};

			if (before != LEDGER_UNKNOWN)
				old = take_account(&rest);
			*lost += adopt(&accounts[d][s], before, &old, found[d][s]);
		}
	}
	return before;
}
