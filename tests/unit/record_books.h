/* SPDX-License-Identifier: Apache-2.0 */
/* The books of all destinations there can be, to and from a record. */
#ifndef TESTS_UNIT_RECORD_BOOKS_H
#define TESTS_UNIT_RECORD_BOOKS_H

#include <string.h>

#include "policy/ledger_record.h"

struct books {
	struct ledger_account account[LEDGER_DESTINATIONS][OTLP_SIGNALS];
};

static inline void write_books(const struct books *books, size_t count, bool closed,
			       struct bytes *out)
{
	const struct ledger_account *accounts[LEDGER_DESTINATIONS];
	size_t d;

	for (d = 0; d < count; d++)
		accounts[d] = books->account[d];
	ledger_record_write(accounts, count, closed, out);
}

/* All that was in the accounts before is to be overwritten. */
static inline enum ledger_before adopt_books(struct slice record,
					     const uint64_t found[][OTLP_SIGNALS], size_t count,
					     struct books *books)
{
	struct ledger_account *accounts[LEDGER_DESTINATIONS];
	uint64_t lost, dropped = 0;
	enum ledger_before before;
	unsigned s;
	size_t d;

	memset(books, 0xa5, sizeof *books);
	for (d = 0; d < count; d++)
		accounts[d] = books->account[d];
	before = ledger_adopt(record, found, accounts, count, &lost);
	for (d = 0; d < count; d++)
		for (s = 0; s < OTLP_SIGNALS; s++)
			dropped += ledger_dropped(&books->account[d][s]);
	/* What the life before had dropped itself is not told again. */
	assert_in_range(lost, 0, dropped);
	if (before != LEDGER_KILLED)
		assert_true(lost == dropped);
	return before;
}

#endif
