/* SPDX-License-Identifier: Apache-2.0 */
/* One request begins in a turn of the loop, however many there are to begin: while a body is made
 * nobody is answered. The backend is a real socket. */
#include "transfer_world.h"

#include "exporter.h"
#include "numbered.h"

#define ALL 6 /* three signals to two destinations */

struct going {
	struct world *world;
	struct export_settings settings[OTLP_SIGNALS];
	struct destination destinations[2];
	struct resource resource;
	struct store store;
	struct exporter exporter;
	struct now now;
	unsigned settled;
};

static void on_settled(void *ctx)
{
	struct going *e = ctx;

	e->settled++;
}

static void begin(struct going *e, struct world *w, size_t destinations)
{
	*e = (struct going){
		.world = w,
		.destinations = {{.settings = e->settings}, {.number = 1, .settings = e->settings}},
		.store = {.destinations = e->destinations,
			  .destination_count = destinations,
			  .limit = (size_t)64 << 20},
		.now = now_read(),
	};
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		e->settings[s] = w->settings;
	assert_true(exporter_init(&e->exporter, w->transfers, NULL, &e->store, &e->resource));
	e->exporter.settled = on_settled;
	e->exporter.ctx = e;
}

/* The transfers are the world's. */
static void end(struct going *e)
{
	struct now now = now_read();

	exporter_end_flush(&e->exporter, false, now);
	for (unsigned i = 0; i < e->store.destination_count; i++)
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			assert_true(ledger_closes(&e->destinations[i].account[s],
						  store_held_items(&e->store, &e->destinations[i],
								   (enum otlp_signal)s)));
	store_drop_all(&e->store, DROP_SHUTDOWN);
	assert_int_equal(e->store.held, 0);
	store_free(&e->store);
	destination_free(&e->destinations[0]);
	destination_free(&e->destinations[1]);
	resource_free(&e->resource);
}

/* Nearly a batch, which came long ago. */
static void accept_batch(struct going *e, enum otlp_signal signal)
{
	struct otlp_verdict verdict = {.valid = true, .items = 100};
	struct now before = {.mono = e->now.mono - 100 * NS_PER_S};
	struct bytes message = {0};

	numbered_request(signal, 1, 100, FLUSH_BATCH / 128, 10, &message);
	store_accept(&e->store, signal, &message, &verdict, before);
}

static unsigned under_way(const struct going *e)
{
	unsigned count = 0;

	for (unsigned i = 0; i < ALL; i++)
		count += e->exporter.slots[i / OTLP_SIGNALS][i % OTLP_SIGNALS].transfer != NULL;
	return count;
}

static int64_t start_due(struct going *e)
{
	return exporter_start_due(&e->exporter, FLUSH_AT_ONCE, NS_PER_S, e->now);
}

static void test_one_in_a_turn(void **state)
{
	struct going e;

	begin(&e, *state, 2);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		accept_batch(&e, (enum otlp_signal)s);
	for (unsigned i = 1; i <= ALL; i++) {
		int64_t again = start_due(&e);

		assert_int_equal(under_way(&e), i);
		/* The next turn goes on. */
		if (i < ALL)
			assert_true(again <= e.now.mono);
		else
			assert_true(again == INT64_MAX);
	}
	assert_true(start_due(&e) == INT64_MAX);
	assert_int_equal(under_way(&e), ALL);
	end(&e);
}

static void test_one_in_a_turn_of_a_flush(void **state)
{
	static const enum export_effort efforts[] = {EXPORT_FLUSH, EXPORT_LAST};

	for (unsigned k = 0; k < 2; k++) {
		struct going e;
		int64_t again;

		begin(&e, *state, 2);
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			accept_batch(&e, (enum otlp_signal)s);
		exporter_begin_flush(&e.exporter);
		for (unsigned i = 1; i <= ALL; i++) {
			assert_false(exporter_flush(&e.exporter, efforts[k], e.now, &again));
			assert_int_equal(under_way(&e), i);
			if (i < ALL)
				assert_true(again <= e.now.mono);
			else
				assert_true(again == INT64_MAX);
		}
		end(&e);
	}
}

/* Where one signal has always more to send, it does not keep the others waiting. */
static void test_by_turns(void **state)
{
	struct exporter_slot *traces;
	struct client peer;
	struct bytes request;
	struct going e;

	begin(&e, *state, 1);
	traces = &e.exporter.slots[0][OTLP_TRACES];
	/* So much that it is due in any case. */
	for (unsigned i = 0; i < 3 * FLUSH_GATHER_BATCHES; i++)
		accept_batch(&e, OTLP_TRACES);
	accept_batch(&e, OTLP_METRICS);
	start_due(&e);
	assert_non_null(traces->transfer);
	peer = next_peer(e.world);
	request = request_of(&peer);
	bytes_free(&request);
	client_say(&peer, OK_ANSWER);
	wait_until(e.world->base, e.settled == 1);
	assert_int_equal(e.destinations[0].account[OTLP_TRACES].exported, 100);
	start_due(&e);
	assert_null(traces->transfer);
	assert_non_null(e.exporter.slots[0][OTLP_METRICS].transfer);
	start_due(&e);
	assert_non_null(traces->transfer);
	end(&e);
	client_close(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_one_in_a_turn),
		WORLD_TEST(test_one_in_a_turn_of_a_flush),
		WORLD_TEST(test_by_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
