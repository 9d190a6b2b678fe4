/* SPDX-License-Identifier: Apache-2.0 */
/* The books, in items (spans, log records, data points), one account a signal and destination:
 * received + inherited = exported + dropped(reason) + held + spooled, at any time. */
#ifndef POLICY_LEDGER_H
#define POLICY_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "domain/config.h"
#include "wire/otlp.h"

enum drop_reason {
	DROP_NO_DESTINATION, /* no endpoint for this signal, or none any more */
	DROP_BUFFER_FULL,    /* the oldest gave way */
	DROP_REFUSED,        /* by the backend, for good */
	DROP_SHUTDOWN,       /* the environment ended before it could be exported */
	DROP_NO_MEMORY,
	DROP_TURNED_OFF, /* the backend has no such signal (404) */
	DROP_CRASH,      /* the environment was killed with them in memory */
	DROP_SPOOL,      /* their file was not what had been written, or gone */
	DROP_DISABLED,   /* the settings say that this signal is not to be exported */
	DROP_FILTERED,   /* below what the settings want exported */
	DROP_OWN,        /* lull's own making, of a signal that the backend does not have */
};
#define DROP_REASONS 11

struct ledger_account {
	uint64_t received;
	uint64_t inherited; /* left over by a life that had ended with a ledger line of its own */
	uint64_t exported;
	uint64_t dropped[DROP_REASONS];
	uint64_t spooled; /* now, in files */
	/* Beside the books: exported, but by a request before that may have arrived too. */
	uint64_t possible_duplicates;
};

/* "buffer_full" and so on: stable, people filter by them. */
const char *ledger_reason(enum drop_reason reason);

uint64_t ledger_dropped(const struct ledger_account *account);

/* Of that: what is missing somewhere. The settings left out the rest, or nobody has asked for
 * it. */
uint64_t ledger_lost(const struct ledger_account *account);

/* Do the books close with `held` items still here? */
bool ledger_closes(const struct ledger_account *account, uint64_t held);

void ledger_add(struct ledger_account *account, const struct ledger_account *more);

/* The name of the books of what no destination takes. */
#define LEDGER_NOWHERE CONFIG_NOWHERE

/* The books of one destination; all is borrowed. */
struct ledger_books {
	const char *destination; /* UTF-8, no letter that JSON escapes; NULL: it has none */
	const struct ledger_account *account; /* OTLP_SIGNALS of them */
	const uint64_t *held;                 /* OTLP_SIGNALS of them */
};

/* One line of JSON: {"lull_ledger":{"received":..,"exported":..,"dropped":..,"lost":..,"traces":{
 * "received":..,"inherited":..,"exported":..,"held":..,"spooled":..,"possible_duplicates":..,
 * "dropped":{"refused":..}},"logs":..,"metrics":..}}, the first four over all signals. Left out
 * where they are 0: inherited, spooled, possible_duplicates, and every reason. Of several
 * destinations the first four are over all of them, too, and then comes
 * "destinations":{"name":{"traces":..,"logs":.., "metrics":..},..}. Stable, and without a dot in
 * any key: CloudWatch's metric filters select by it. */
void ledger_line(const struct ledger_books *books, size_t count, struct bytes *out);

#endif
