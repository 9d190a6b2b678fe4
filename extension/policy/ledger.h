/* SPDX-License-Identifier: Apache-2.0 */
/* The books, in items (spans, log records, data points), one account a signal and destination:
 * received = exported + dropped(reason) + held, at any time. */
#ifndef POLICY_LEDGER_H
#define POLICY_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/otlp.h"

enum drop_reason {
	DROP_NO_DESTINATION, /* no endpoint for this signal */
	DROP_BUFFER_FULL,    /* the oldest gave way */
	DROP_REFUSED,        /* by the backend, for good */
	DROP_SHUTDOWN,       /* the environment ended before it could be exported */
	DROP_NO_MEMORY,
};
#define DROP_REASONS 5

struct ledger_account {
	uint64_t received;
	uint64_t exported;
	uint64_t dropped[DROP_REASONS];
};

/* "buffer_full" and so on: stable, people filter by them. */
const char *ledger_reason(enum drop_reason reason);

uint64_t ledger_dropped(const struct ledger_account *account);

/* Do the books close with `held` items still here? */
bool ledger_closes(const struct ledger_account *account, uint64_t held);

/* One line of JSON: {"lull.ledger":{"traces":{"received":..,"exported":..,"held":..,
 * "dropped":{"refused":..}},"logs":..,"metrics":..}}; reasons that never came up are left out. */
void ledger_line(const struct ledger_account account[static OTLP_SIGNALS],
		 const uint64_t held[static OTLP_SIGNALS], struct bytes *out);

#endif
