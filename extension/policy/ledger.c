/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ledger.h"

#include <inttypes.h>

static const char *const reasons[] = {
	[DROP_NO_DESTINATION] = "no_destination",
	[DROP_BUFFER_FULL] = "buffer_full",
	[DROP_REFUSED] = "refused",
	[DROP_SHUTDOWN] = "shutdown",
	[DROP_NO_MEMORY] = "no_memory",
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
	return account->received == account->exported + ledger_dropped(account) + held;
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

void ledger_line(const struct ledger_account account[static OTLP_SIGNALS],
		 const uint64_t held[static OTLP_SIGNALS], struct bytes *out)
{
	bytes_addf(out, "{\"lull.ledger\":{");
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		bytes_addf(out,
			   "%s\"%s\":{\"received\":%" PRIu64 ",\"exported\":%" PRIu64
			   ",\"held\":%" PRIu64 ",\"dropped\":{",
			   s ? "," : "", otlp_signal_name((enum otlp_signal)s), account[s].received,
			   account[s].exported, held[s]);
		dropped(&account[s], out);
		bytes_addf(out, "}}");
	}
	bytes_addf(out, "}}");
}
