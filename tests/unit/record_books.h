/* SPDX-License-Identifier: Apache-2.0 */
/* The books of all destinations there can be, to and from a record. */
#ifndef TESTS_UNIT_RECORD_BOOKS_H
#define TESTS_UNIT_RECORD_BOOKS_H

#include <string.h>

#include "policy/ledger_record.h"

struct books {
	struct ledger_account account[LEDGER_BOOKS][OTLP_SIGNALS];
};

/* Their destinations have the keys 1, 2 and so on. */
static inline void list_books(struct books *books, struct ledger_book list[static LEDGER_BOOKS])
{
	for (uint32_t d = 0; d < LEDGER_BOOKS; d++)
		list[d] = (struct ledger_book){d + 1, books->account[d]};
}

static inline void write_books(struct books *books, size_t count, bool closed, struct bytes *out)
{
	struct ledger_book list[LEDGER_BOOKS];

	list_books(books, list);
	ledger_record_write(list, count, closed, out);
}

/* All that was in the accounts before is to be overwritten. */
static inline enum ledger_before adopt_books(struct slice record,
					     const uint64_t found[][OTLP_SIGNALS], size_t count,
					     struct books *books)
{
	struct ledger_book list[LEDGER_BOOKS];
	uint64_t lost, dropped = 0;
	enum ledger_before before;
	unsigned s;
	size_t d;

	memset(books, 0xa5, sizeof *books);
	list_books(books, list);
	before = ledger_adopt(record, found, list, count, &lost);
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
