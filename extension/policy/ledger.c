/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ledger.h"

#include <inttypes.h>
#include <string.h>

static const char *const reasons[] = {
	[DROP_NO_DESTINATION] = "no_destination",
	[DROP_BUFFER_FULL] = "buffer_full",
	[DROP_REFUSED] = "refused",
	[DROP_SHUTDOWN] = "shutdown",
	[DROP_NO_MEMORY] = "no_memory",
	[DROP_TURNED_OFF] = "turned_off",
	[DROP_CRASH] = "crash",
	[DROP_SPOOL] = "spool",
	[DROP_DISABLED] = "disabled",
	[DROP_FILTERED] = "filtered",
	[DROP_OWN] = "own",
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

uint64_t ledger_lost(const struct ledger_account *account)
{
	return ledger_dropped(account) - account->dropped[DROP_DISABLED] -
	       account->dropped[DROP_FILTERED] - account->dropped[DROP_OWN];
}

bool ledger_closes(const struct ledger_account *account, uint64_t held)
{
	return account->received + account->inherited ==
	       account->exported + ledger_dropped(account) + held + account->spooled;
}

void ledger_add(struct ledger_account *account, const struct ledger_account *more)
{
	account->received += more->received;
	account->inherited += more->inherited;
	account->exported += more->exported;
	account->spooled += more->spooled;
	account->possible_duplicates += more->possible_duplicates;
	for (unsigned r = 0; r < DROP_REASONS; r++)
		account->dropped[r] += more->dropped[r];
}

/* ---- The line ---- */

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

/* "received":..,"exported":..,"dropped":..,"lost":.. */
static void add_sums(const struct ledger_books *books, size_t count, struct bytes *out)
{
	struct ledger_account all = {0};

	for (size_t i = 0; i < count * OTLP_SIGNALS; i++)
		ledger_add(&all, &books[i / OTLP_SIGNALS].account[i % OTLP_SIGNALS]);
	bytes_addf(out,
		   "\"received\":%" PRIu64 ",\"exported\":%" PRIu64 ",\"dropped\":%" PRIu64
		   ",\"lost\":%" PRIu64,
		   all.received, all.exported, ledger_dropped(&all), ledger_lost(&all));
}

static void add_signal(enum otlp_signal signal, const struct ledger_account *a, uint64_t held,
		       struct bytes *out)
{
	bytes_addf(out, "\"%s\":{\"received\":%" PRIu64 ",", otlp_signal_name(signal), a->received);
	rare("inherited", a->inherited, out);
	bytes_addf(out, "\"exported\":%" PRIu64 ",\"held\":%" PRIu64 ",", a->exported, held);
	rare("spooled", a->spooled, out);
	rare("possible_duplicates", a->possible_duplicates, out);
	bytes_addf(out, "\"dropped\":{");
	dropped(a, out);
	bytes_addf(out, "}}");
}

/* "traces":{..},"logs":{..},"metrics":{..} */
static void add_signals(const struct ledger_books *books, struct bytes *out)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		bytes_addf(out, "%s", s ? "," : "");
		add_signal((enum otlp_signal)s, &books->account[s], books->held[s], out);
	}
}

void ledger_line(const struct ledger_books *books, size_t count, struct bytes *out)
{
	bytes_addf(out, "{\"lull_ledger\":{");
	add_sums(books, count, out);
	bytes_addf(out, "%s", count > 1 ? ",\"destinations\":{" : ",");
	for (size_t i = 0; i < count; i++) {
		if (count > 1)
			bytes_addf(out, "%s\"%s\":{", i ? "," : "", books[i].destination);
		add_signals(&books[i], out);
		bytes_addf(out, "%s", count > 1 ? "}" : "");
	}
	bytes_addf(out, "%s", count > 1 ? "}}}" : "}}");
}
