/* SPDX-License-Identifier: Apache-2.0 */
/* A store with one or two destinations. Takes payload.c's place, so that its allocations can be
 * made to fail (short_heap_at). */
#ifndef TESTS_UNIT_STORE_WORLD_H
#define TESTS_UNIT_STORE_WORLD_H

#include "short_heap.h"

#include "domain/payload.c"

#include "numbered.h"
#include "policy/store.h"
#include "settle.h"

#define MB ((size_t)1 << 20)

/* Two destinations: one takes all signals, the other only some. */
static char url[] = "http://backend";
static const struct export_settings all_signals[OTLP_SIGNALS] = {{.endpoint = url},
								 {.endpoint = url},
								 {.endpoint = url}};
static const struct export_settings only_logs[OTLP_SIGNALS] = {[OTLP_LOGS] = {.endpoint = url}};
static const struct export_settings none[OTLP_SIGNALS] = {{NULL}};

struct world {
	struct destination destinations[2];
	struct store store;
	struct resource resource;
	struct now now;
};

static inline struct world begin(const struct export_settings *first,
				 const struct export_settings *second)
{
	struct world w = {
		.destinations = {{.settings = first}, {.number = 1, .settings = second}},
		.store = {.destination_count = second ? 2 : 1, .limit = 64 * MB},
	};

	resource_add(&w.resource, "faas.name", slice_str("the function"));
	return w;
}

/* The store borrows the destinations: where the world lies now. */
static inline struct store *store_of(struct world *w)
{
	w->store.destinations = w->destinations;
	return &w->store;
}

static inline void require_closed(struct world *w)
{
	struct store *store = store_of(w);
	size_t i;
	unsigned s;

	for (i = 0; i < store->destination_count; i++) {
		struct destination *d = &w->destinations[i];

		for (s = 0; s < OTLP_SIGNALS; s++)
			assert_true(ledger_closes(&d->account[s],
						  store_held_items(store, d, (enum otlp_signal)s)));
	}
}

static inline void end(struct world *w)
{
	enum otlp_signal signal;
	unsigned s;

	require_closed(w);
	store_drop_all(store_of(w), DROP_SHUTDOWN);
	require_closed(w);
	for (s = 0; s < OTLP_SIGNALS; s++)
		assert_int_equal(store_held_items(&w->store, w->destinations, (enum otlp_signal)s),
				 0);
	assert_int_equal(w->store.held, 0);
	assert_null(store_oldest(&w->store, &signal));
	store_free(&w->store);
	destination_free(&w->destinations[0]);
	destination_free(&w->destinations[1]);
	/* Beyond those there are nothing is booked. */
	for (s = 0; s < OTLP_SIGNALS; s++)
		if (w->store.destination_count == 1)
			assert_int_equal(w->destinations[1].account[s].received +
						 ledger_dropped(&w->destinations[1].account[s]),
					 0);
	resource_free(&w->resource);
}

static inline void accept_message(struct world *w, enum otlp_signal signal, struct bytes *message)
{
	struct otlp_verdict verdict = otlp_check(signal, bytes_slice(message));

	assert_true(verdict.valid);
	store_accept(store_of(w), signal, message, &verdict, w->now);
	assert_null(message->data);
	w->now.mono++;
}

static inline void accept(struct world *w, enum otlp_signal signal, uint64_t first, size_t count,
			  size_t padding)
{
	struct bytes message = {0};

	numbered_request(signal, first, count, padding, 10, &message);
	accept_message(w, signal, &message);
}

static inline void release_all(struct world *w)
{
	unsigned s;

	for (s = 0; s < OTLP_SIGNALS; s++)
		store_release(store_of(w), (enum otlp_signal)s, &w->resource, SIZE_MAX);
}

static inline void settle_all(struct world *w, struct destination *d, enum verdict verdict)
{
	unsigned s;

	for (s = 0; s < OTLP_SIGNALS; s++) {
		struct batch batch;

		while (destination_take(d, (enum otlp_signal)s, &batch)) {
			settle(d, &batch, verdict, 0, w->now);
			require_closed(w);
		}
	}
}

#endif
