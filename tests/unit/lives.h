/* SPDX-License-Identifier: Apache-2.0 */
/* Lives of an environment, one after the other, over one folder: each has a store, a spool and
 * books, and ends in an orderly way or is killed. Requests are under way as the exporter has them,
 * one for each signal of a destination. */
#ifndef TESTS_UNIT_LIVES_H
#define TESTS_UNIT_LIVES_H

#include "spool_world.h"

#include "books.h"
#include "overflow.h"

#define DESTINATIONS 2

static char url[] = "http://backend";
static const struct export_settings all_signals[OTLP_SIGNALS] = {{.endpoint = url},
								 {.endpoint = url},
								 {.endpoint = url}};
static const struct export_settings only_logs[OTLP_SIGNALS] = {[OTLP_LOGS] = {.endpoint = url}};

struct request {
	struct batch batch;
	struct spool_batch file; /* where batch.on_disk */
};

struct life {
	struct world *world;
	struct destination destinations[DESTINATIONS];
	struct request requests[DESTINATIONS][OTLP_SIGNALS];
	struct store store;
	struct resource resource;
	struct overflow overflow;
	struct books books;
	struct now now;
};

/* All but books_open(), in place: its parts borrow each other. `spool` in bytes. */
static inline void life_begin(struct life *l, struct world *w, size_t destinations, size_t memory,
			      size_t spool)
{
	assert_null(w->spool);
	w->spool = spool_new(w->folder, spool);
	assert_non_null(w->spool);
	*l = (struct life){
		.world = w,
		.destinations =
			{{.name = "first", .key = 0xaaaaaaa1, .settings = all_signals},
			 {.number = 1, .name = "second", .key = 0xbbbbbbb2, .settings = only_logs}},
		.store = {.destination_count = destinations, .limit = memory},
		.now = {.mono = 1000 * NS_PER_S, .real = 1700000000 * NS_PER_S},
	};
	l->store.destinations = l->destinations;
	resource_add(&l->resource, "faas.name", slice_str("the function"));
	l->overflow =
		(struct overflow){.store = &l->store, .spool = w->spool, .resource = &l->resource};
	l->books = (struct books){.store = &l->store, .spool = w->spool, .started = l->now};
}

/* The books close, with what is in memory and what the spool says is on disk. */
static inline void require_closed(const struct life *l)
{
	for (unsigned i = 0; i < DESTINATIONS; i++) {
		const struct destination *d = &l->destinations[i];

		for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
			enum otlp_signal signal = (enum otlp_signal)s;
			uint64_t held = 0;

			if (i < l->store.destination_count)
				held = store_held_items(&l->store, d, signal);
			assert_true(ledger_closes(&d->account[s], held));
			assert_int_equal(d->account[s].spooled,
					 spool_items(l->world->spool, i, signal));
			assert_true(d->account[s].possible_duplicates <= d->account[s].exported);
		}
	}
}

/* As a start of the extension. */
static inline void life_open(struct life *l, struct world *w, size_t destinations, size_t memory,
			     size_t spool)
{
	life_begin(l, w, destinations, memory, spool);
	books_open(&l->books);
	require_closed(l);
}

/* ---- Data ---- */

static inline void accept(struct life *l, enum otlp_signal signal, size_t count, size_t padding)
{
	struct otlp_verdict verdict = {.valid = true, .items = count};
	struct bytes message = {0};

	numbered_request(signal, 1, count, padding, 10, &message);
	store_accept(&l->store, signal, &message, &verdict, l->now);
	l->now.mono++;
}

static inline void release_all(struct life *l)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		store_release(&l->store, (enum otlp_signal)s, &l->resource, SIZE_MAX);
}

/* ---- Requests ---- */

/* The oldest file; one that cannot be read is counted. */
static inline bool take_file(struct life *l, unsigned destination, enum otlp_signal signal)
{
	struct destination *d = &l->destinations[destination];
	struct request *r = &l->requests[destination][signal];
	struct payload_list members = {0};

	while (spool_take(l->world->spool, destination, signal, &r->file)) {
		d->account[signal].spooled -= r->file.items;
		if (spool_read(l->world->spool, &r->file, l->now.mono, &l->store.held, &members)) {
			destination_take_spooled(d, signal, &members, &r->batch);
			return true;
		}
		d->account[signal].dropped[DROP_SPOOL] += r->file.items;
		spool_remove(l->world->spool, &r->file);
	}
	return false;
}

static inline bool request_take(struct life *l, unsigned destination, enum otlp_signal signal)
{
	struct request *r = &l->requests[destination][signal];

	assert_int_equal(r->batch.members.count, 0);
	return destination_take(&l->destinations[destination], signal, &r->batch) ||
	       take_file(l, destination, signal);
}

static inline void drop_files(struct life *l, unsigned destination, enum otlp_signal signal)
{
	struct ledger_account *account = &l->destinations[destination].account[signal];
	struct spool_batch file;

	while (spool_take(l->world->spool, destination, signal, &file)) {
		account->spooled -= file.items;
		account->dropped[DROP_TURNED_OFF] += file.items;
		spool_remove(l->world->spool, &file);
	}
}

static inline void request_answer(struct life *l, unsigned destination, enum otlp_signal signal,
				  const struct outcome *outcome)
{
	struct request *r = &l->requests[destination][signal];
	bool on_disk = r->batch.on_disk;

	r->file.maybe_sent |= outcome->maybe_taken;
	destination_settle(&l->destinations[destination], &r->batch, outcome, l->now);
	if (on_disk && outcome->verdict == VERDICT_LATER)
		spool_put_back(l->world->spool, &r->file);
	else if (on_disk)
		spool_remove(l->world->spool, &r->file);
	if (outcome->verdict == VERDICT_OFF)
		drop_files(l, destination, signal);
}

/* All there is of a destination is exported, but for what is under way. */
static inline void export_all(struct life *l, unsigned destination)
{
	static const struct outcome exported = {.verdict = VERDICT_EXPORTED};

	release_all(l);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		while (l->requests[destination][s].batch.members.count == 0 &&
		       request_take(l, destination, (enum otlp_signal)s))
			request_answer(l, destination, (enum otlp_signal)s, &exported);
}

/* ---- Ends ---- */

/* SIGKILL: what was in memory is gone, and nothing else is done. */
static inline void life_kill(struct life *l)
{
	for (unsigned i = 0; i < DESTINATIONS * OTLP_SIGNALS; i++)
		payload_list_free(&l->requests[i / OTLP_SIGNALS][i % OTLP_SIGNALS].batch.members);
	for (unsigned i = 0; i < DESTINATIONS; i++)
		destination_free(&l->destinations[i]);
	store_free(&l->store);
	assert_int_equal(l->store.held, 0);
	resource_free(&l->resource);
	spool_free(l->world->spool);
	l->world->spool = NULL;
}

/* SHUTDOWN. The accounts stay as they were in the line. */
static inline void life_end(struct life *l, bool follows)
{
	static const struct outcome later = {.verdict = VERDICT_LATER};

	for (unsigned i = 0; i < DESTINATIONS * OTLP_SIGNALS; i++)
		if (l->requests[i / OTLP_SIGNALS][i % OTLP_SIGNALS].batch.members.count > 0)
			request_answer(l, i / OTLP_SIGNALS, (enum otlp_signal)(i % OTLP_SIGNALS),
				       &later);
	require_closed(l);
	overflow_end(&l->overflow, follows);
	require_closed(l);
	assert_int_equal(l->store.held, 0);
	books_close(&l->books);
	life_kill(l);
}

#endif
