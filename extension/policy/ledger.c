/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ledger.h"

#include <inttypes.h>

static const char *const reasons[] = {
	[DROP_NO_DESTINATION] = "no_destination",
	[DROP_BUFFER_FULL] = "buffer_full",
	[DROP_REFUSED] = "refused",
	[DROP_SHUTDOWN] = "shutdown",
	[DROP_NO_MEMORY] = "no_memory",
	[DROP_TURNED_OFF] = "turned_off",
	[DROP_CRASH] = "crash",
	[DROP_SPOOL] = "spool",
};
_Static_assert(sizeof reasons / sizeof reasons[0] == DROP_REASONS, "a name for every reason");

const char *ledger_reason(enum drop_reason reason)
{
	return reasons[reason];
}

uint64_t ledger_dropped(const struct ledger_account *account)
{
	uint64_t sum = 0;

	for (unsigned r = 0; r < DROP_REASONS; r++)
		sum += account->dropped[r];
	return sum;
}

bool ledger_closes(const struct ledger_account *account, uint64_t held)
{
	return account->received + account->inherited ==
	       account->exported + ledger_dropped(account) + held + account->spooled;
}

static void dropped(const struct ledger_account *account, struct bytes *out)
{
	const char *comma = "";

	for (unsigned r = 0; r < DROP_REASONS; r++) {
		if (account->dropped[r] == 0)
			continue;
		bytes_addf(out, "%s\"%s\":%" PRIu64, comma, reasons[r], account->dropped[r]);
		comma = ",";
	}
}

/* A number that is mostly 0, and then left out. */
static void rare(const char *name, uint64_t number, struct bytes *out)
{
	if (number > 0)
		bytes_addf(out, "\"%s\":%" PRIu64 ",", name, number);
}

void ledger_line(const struct ledger_account account[static OTLP_SIGNALS],
		 const uint64_t held[static OTLP_SIGNALS], struct bytes *out)
{
	struct ledger_account all = {0};

	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		all.received += account[s].received;
		all.exported += account[s].exported;
		all.dropped[0] += ledger_dropped(&account[s]);
	}
	bytes_addf(out,
		   "{\"lull_ledger\":{\"received\":%" PRIu64 ",\"exported\":%" PRIu64
		   ",\"dropped\":%" PRIu64,
		   all.received, all.exported, all.dropped[0]);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		const struct ledger_account *a = &account[s];

		bytes_addf(out, ",\"%s\":{\"received\":%" PRIu64 ",",
			   otlp_signal_name((enum otlp_signal)s), a->received);
		rare("inherited", a->inherited, out);
		bytes_addf(out, "\"exported\":%" PRIu64 ",\"held\":%" PRIu64 ",", a->exported,
			   held[s]);
		rare("spooled", a->spooled, out);
		rare("possible_duplicates", a->possible_duplicates, out);
		bytes_addf(out, "\"dropped\":{");
		dropped(a, out);
		bytes_addf(out, "}}");
	}
	bytes_addf(out, "}}");
}
