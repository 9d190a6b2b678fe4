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
#define LEDGER_RECORD_LONGEST 2048

/* Appends the record of `count` (at most LEDGER_DESTINATIONS) destinations, each given by its
 * OTLP_SIGNALS accounts. Its length depends on `count` alone, so that it can be overwritten in
 * place. `closed`: the ledger line of these books is being printed, and they end with it. */
void ledger_record_write(const struct ledger_account *const accounts[], size_t count, bool closed,
			 struct bytes *out);

/* What the record says of the life before. */
enum ledger_before {
	LEDGER_UNKNOWN, /* there is none, or it is torn, foreign or of another version */
	LEDGER_KILLED,  /* it ended without its ledger line */
	LEDGER_CLOSED,
};

/* Fills the accounts of a new life in which nothing has happened yet, by the record of the life
 * before and the items `found` in files, for each destination and signal:
 * - killed: its books go on. What it had neither settled nor left in files is dropped[DROP_CRASH];
 * - closed: what its line called spooled is inherited. What of that is not in files any more is
 *   dropped[DROP_SPOOL];
 * - unknown: and whatever else is found beyond the books of either, is inherited.
 * The books close then, whatever the record says: the function may have written it. What is behind
 * a record is ignored. `*lost` is how many items were dropped by this, all together. */
enum ledger_before ledger_adopt(struct slice record, const uint64_t found[][OTLP_SIGNALS],
				struct ledger_account *const accounts[], size_t count,
				uint64_t *lost);

#endif
