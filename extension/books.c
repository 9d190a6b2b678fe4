/* SPDX-License-Identifier: Apache-2.0 */
#include "books.h"

#include <inttypes.h>

#include "base/log.h"
#include "domain/config_destination.h"
#include "policy/ledger_metrics.h"
#include "policy/ledger_record.h"

_Static_assert(LEDGER_RECORD_LONGEST <= SPOOL_RECORD, "a record fits");
_Static_assert(LEDGER_DESTINATIONS <= SPOOL_DESTINATIONS, "all of them may spool");
_Static_assert(CONFIG_DESTINATIONS <= LEDGER_DESTINATIONS, "all of them have books");

static void count_held(const struct books *b, const struct destination *d,
		       uint64_t held[static OTLP_SIGNALS])
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		held[s] = store_held_items(b->store, d, (enum otlp_signal)s);
}

/* One for each destination, and the last for what goes nowhere. Returns how many. */
static size_t list_books(const struct books *b, struct ledger_book books[static LEDGER_BOOKS])
{
	size_t count = b->store->destination_count;

	for (size_t i = 0; i < count; i++)
		books[i].key = b->store->destinations[i].key;
	books[count].key = config_destination_key(LEDGER_NOWHERE);
	for (size_t i = 0; i <= count; i++)
		books[i].account = store_account(b->store, i);
	return count + 1;
}

/* ---- The life before ---- */

static bool is_home(const struct books *b, unsigned number, enum otlp_signal signal)
{
	return number < b->store->destination_count &&
	       destination_takes(&b->store->destinations[number], signal);
}

/* What lies on disk of signals that go nowhere in this life, and of destinations that are none any
 * more: its settings may be others, and the function may write there, too. */
static void drop_homeless(struct books *b, unsigned number)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		enum otlp_signal signal = (enum otlp_signal)s;
		struct ledger_account *account = &store_account(b->store, number)[s];
		struct spool_batch file;

		while (!is_home(b, number, signal) && spool_take(b->spool, number, signal, &file)) {
			account->spooled -= file.items;
			account->dropped[store_nowhere_reason(b->store, signal)] += file.items;
			spool_remove(b->spool, &file);
		}
	}
}

static void open_spool(struct books *b)
{
	struct spool_keys known = {.count = (unsigned)b->store->destination_count};

	for (unsigned i = 0; i < known.count; i++)
		known.keys[i] = b->store->destinations[i].key;
	spool_open(b->spool, &known);
}

void books_open(struct books *b)
{
	struct ledger_account before[LEDGER_BOOKS][OTLP_SIGNALS];
	uint64_t found[LEDGER_BOOKS][OTLP_SIGNALS];
	struct ledger_book books[LEDGER_BOOKS];
	size_t count = list_books(b, books);
	uint64_t lost;

	b->metrics_made = b->started.mono;
	open_spool(b);
	for (size_t i = 0; i < count; i++) {
		books[i].account = before[i];
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			found[i][s] = spool_items(b->spool, (unsigned)i, (enum otlp_signal)s);
	}
	ledger_adopt(spool_record(b->spool), found, books, count, &lost);
	for (size_t i = 0; i < count; i++) {
		/* What the function sent meanwhile stays booked. */
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			ledger_add(&store_account(b->store, i)[s], &before[i][s]);
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
	struct ledger_book books[LEDGER_BOOKS];
	size_t count = list_books(b, books);
	struct bytes record = {0};

	ledger_record_write(books, count, closed, &record);
	if (!record.failed)
		spool_write_record(b->spool, bytes_slice(&record));
	bytes_free(&record);
}

void books_write(struct books *b)
{
	if (b->open)
		write_record(b, false);
}

/* ---- What the world sees ---- */

/* The books of all destinations as they are now. */
struct view {
	struct ledger_books books[LEDGER_BOOKS];
	size_t count;
	uint64_t held[LEDGER_BOOKS][OTLP_SIGNALS];
	struct ledger_account sole[OTLP_SIGNALS];
};

/* Of the only destination, and what goes nowhere is in them. */
static void view_sole(const struct books *b, struct view *view)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		view->sole[s] = b->store->destinations[0].account[s];
		ledger_add(&view->sole[s], &b->store->nowhere[s]);
	}
	view->books[0].account = view->sole;
}

static bool is_empty(const struct ledger_account account[static OTLP_SIGNALS])
{
	uint64_t items = 0;

	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		items += account[s].received + account[s].inherited;
	return items == 0;
}

static void look(const struct books *b, struct view *view)
{
	*view = (struct view){.count = b->store->destination_count};
	for (size_t i = 0; i < view->count; i++) {
		const struct destination *d = &b->store->destinations[i];

		count_held(b, d, view->held[i]);
		view->books[i] = (struct ledger_books){d->name, d->account, view->held[i]};
	}
	if (view->count == 1)
		view_sole(b, view);
	else if (!is_empty(b->store->nowhere))
		view->books[view->count++] = (struct ledger_books){LEDGER_NOWHERE,
								   b->store->nowhere,
								   view->held[LEDGER_DESTINATIONS]};
}

void books_add_metrics(struct books *b, bool in_any_case, struct now now)
{
	struct otlp_verdict verdict = {.valid = true};
	struct bytes message = {0};
	struct view view;

	if (!b->metrics || !store_takes(b->store, OTLP_METRICS) ||
	    (!in_any_case && now.mono - b->metrics_made < BOOKS_METRICS_INTERVAL))
		return;
	b->metrics_made = now.mono;
	look(b, &view);
	verdict.items = ledger_metrics(view.books, view.count, (uint64_t)b->started.real,
				       (uint64_t)now.real, &message);
	if (!message.failed)
		store_accept_own(b->store, OTLP_METRICS, &message, &verdict, now);
	bytes_free(&message);
}

void books_close(struct books *b)
{
	struct bytes line = {0};
	struct view view;
	const char *text;

	look(b, &view);
	ledger_line(view.books, view.count, &line);
	text = bytes_cstr(&line);
	if (text)
		log_raw(text);
	/* What could not be printed is for the next life to print. */
	if (b->open)
		write_record(b, text != NULL);
	bytes_free(&line);
}
