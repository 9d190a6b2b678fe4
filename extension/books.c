/* SPDX-License-Identifier: Apache-2.0 */
#include "books.h"

#include <inttypes.h>

#include "base/log.h"
#include "policy/ledger_metrics.h"
#include "policy/ledger_record.h"

_Static_assert(LEDGER_RECORD_LONGEST <= SPOOL_RECORD, "a record fits");
_Static_assert(LEDGER_DESTINATIONS <= SPOOL_DESTINATIONS, "all of them may spool");

static void count_held(const struct books *b, const struct destination *d,
		       uint64_t held[static OTLP_SIGNALS])
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		held[s] = store_held_items(b->store, d, (enum otlp_signal)s);
}

/* What the function sent meanwhile stays booked. */
static void add(struct ledger_account *account, const struct ledger_account *before)
{
	account->received += before->received;
	account->inherited += before->inherited;
	account->exported += before->exported;
	account->spooled += before->spooled;
	account->possible_duplicates += before->possible_duplicates;
	for (unsigned r = 0; r < DROP_REASONS; r++)
		account->dropped[r] += before->dropped[r];
}

/* What lies on disk of signals that go nowhere in this life: its settings may be others, and the
 * function may write there, too. */
static void drop_homeless(struct books *b, unsigned number)
{
	struct destination *d = &b->store->destinations[number];
	struct spool_batch file;

	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		while (!d->settings[s].endpoint &&
		       spool_take(b->spool, number, (enum otlp_signal)s, &file)) {
			d->account[s].spooled -= file.items;
			d->account[s].dropped[DROP_NO_DESTINATION] += file.items;
			spool_remove(b->spool, &file);
		}
	}
}

void books_open(struct books *b)
{
	struct ledger_account before[LEDGER_DESTINATIONS][OTLP_SIGNALS] = {0};
	struct ledger_account *accounts[LEDGER_DESTINATIONS];
	uint64_t found[LEDGER_DESTINATIONS][OTLP_SIGNALS] = {0};
	size_t count = b->store->destination_count;
	uint64_t lost;

	b->metrics_made = b->started.mono;
	spool_open(b->spool, (unsigned)count);
	for (size_t i = 0; i < count; i++) {
		accounts[i] = before[i];
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			found[i][s] = spool_items(b->spool, (unsigned)i, (enum otlp_signal)s);
	}
	ledger_adopt(spool_record(b->spool), found, accounts, count, &lost);
	for (size_t i = 0; i < count; i++) {
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			add(&b->store->destinations[i].account[s], &before[i][s]);
		drop_homeless(b, (unsigned)i);
	}
	b->open = true;
	if (lost > 0)
		log_warn("%" PRIu64 " items of the life before are lost: it was killed, or their "
			 "files are gone",
			 lost);
	books_write(b);
}

static void write_record(struct books *b, bool closed)
{
	const struct ledger_account *accounts[LEDGER_DESTINATIONS];
	struct bytes record = {0};

	for (size_t i = 0; i < b->store->destination_count; i++)
		accounts[i] = b->store->destinations[i].account;
	ledger_record_write(accounts, b->store->destination_count, closed, &record);
	if (!record.failed)
		spool_write_record(b->spool, bytes_slice(&record));
	bytes_free(&record);
}

void books_write(struct books *b)
{
	if (b->open)
		write_record(b, false);
}

void books_add_metrics(struct books *b, bool in_any_case, struct now now)
{
	struct ledger_books all[LEDGER_DESTINATIONS] = {0};
	uint64_t held[LEDGER_DESTINATIONS][OTLP_SIGNALS];
	struct otlp_verdict verdict = {.valid = true};
	struct bytes message = {0};
	size_t count = b->store->destination_count;

	if (!b->metrics || (!in_any_case && now.mono - b->metrics_made < BOOKS_METRICS_INTERVAL))
		return;
	b->metrics_made = now.mono;
	for (size_t i = 0; i < count; i++) {
		count_held(b, &b->store->destinations[i], held[i]);
		all[i].account = b->store->destinations[i].account;
		all[i].held = held[i];
	}
	verdict.items = ledger_metrics(all, count, (uint64_t)b->started.real, (uint64_t)now.real,
				       &message);
	if (!message.failed)
		store_accept(b->store, OTLP_METRICS, &message, &verdict, now);
	bytes_free(&message);
}

void books_close(struct books *b)
{
	struct destination *d = &b->store->destinations[0];
	uint64_t held[OTLP_SIGNALS];
	struct bytes line = {0};
	const char *text;

	count_held(b, d, held);
	ledger_line(d->account, held, &line);
	text = bytes_cstr(&line);
	if (text)
		log_raw(text);
	/* What could not be printed is for the next life to print. */
	if (b->open)
		write_record(b, text != NULL);
	bytes_free(&line);
}
