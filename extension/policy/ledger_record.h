/* SPDX-License-Identifier: Apache-2.0 */
/* The books as a small record that outlives the process, and what the next life makes of it. Pure:
 * who keeps the record is none of its business. */
#ifndef POLICY_LEDGER_RECORD_H
#define POLICY_LEDGER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "policy/ledger.h"

#define LEDGER_DESTINATIONS 8
#define LEDGER_BOOKS (LEDGER_DESTINATIONS + 1) /* and those of what goes nowhere */
#define LEDGER_RECORD_LONGEST 3072

struct ledger_book {
	uint32_t key;                   /* config_destination_key() */
	struct ledger_account *account; /* OTLP_SIGNALS of them, borrowed */
};

/* Appends the record of `count` (at most LEDGER_BOOKS) books. Its length depends on `count` alone,
 * so that it can be overwritten in place. `closed`: the ledger line of these books is being
 * printed, and they end with it. */
void ledger_record_write(const struct ledger_book books[], size_t count, bool closed,
			 struct bytes *out);

/* What the record says of the life before. */
enum ledger_before {
	LEDGER_UNKNOWN, /* there is none, or it is torn, foreign or of another version */
	LEDGER_KILLED,  /* it ended without its ledger line */
	LEDGER_CLOSED,
};

/* Fills the books (at least one) of a new life in which nothing has happened yet, by the record of
 * the life before, whose books are told by their keys, and the items `found` in files, for each
 * book and signal:
 * - killed: its books go on. What it had neither settled nor left in files is dropped[DROP_CRASH];
 * - closed: what its line called spooled is inherited. What of that is not in files any more is
 *   dropped[DROP_SPOOL];
 * - unknown: and whatever else is found beyond the books of either, is inherited.
 * Books that have no successor are the last one's matter. The books close then, whatever the record
 * says: the function may have written it. What is behind a record is ignored. `*lost` is how many
 * items were dropped by this, all together. */
enum ledger_before ledger_adopt(struct slice record, const uint64_t found[][OTLP_SIGNALS],
				const struct ledger_book books[], size_t count, uint64_t *lost);

#endif
