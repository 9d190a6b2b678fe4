/* SPDX-License-Identifier: Apache-2.0 */
/* The books of a life with other destinations than the one before: what is for one backend never
 * goes to another, and nothing is uncounted. */
#include "lives.h"

/* In one life's place: `second` may be told by another key. */
static void open_as(struct life *l, struct world *w, uint32_t first, uint32_t second)
{
	life_begin(l, w, 2, MB, MB);
	l->destinations[0].key = first;
	l->destinations[1].key = second;
	l->destinations[1].settings = all_signals;
	books_open(&l->books);
	require_closed(l);
}

static struct ledger_account *logs_of(struct life *l, size_t number)
{
	return &store_account(&l->store, number)[OTLP_LOGS];
}

/* Three log records for each destination in files, one more in memory for each. */
static void leave(struct world *w, bool killed)
{
	struct life l;

	open_as(&l, w, 0xaaaaaaa1, 0xbbbbbbb2);
	accept(&l, OTLP_LOGS, 3, 0);
	export_all(&l, 1);
	accept(&l, OTLP_LOGS, 4, 0);
	overflow_make_room(&l.overflow, l.store.limit);
	assert_int_equal(logs_of(&l, 0)->spooled, 7);
	assert_int_equal(logs_of(&l, 1)->spooled, 4);
	accept(&l, OTLP_LOGS, 1, 0);
	books_write(&l.books);
	if (killed)
		life_kill(&l);
	else
		life_end(&l, true);
}

/* The same two, the other way round. */
static void test_changed_places(void **state)
{
	struct world *w = *state;
	struct life l;
	int killed;

	for (killed = 0; killed < 2; killed++) {
		leave(w, killed);
		open_as(&l, w, 0xbbbbbbb2, 0xaaaaaaa1);
		assert_int_equal(logs_of(&l, 0)->spooled, killed ? 4 : 5);
		assert_int_equal(logs_of(&l, 1)->spooled, killed ? 7 : 8);
		assert_int_equal(logs_of(&l, 0)->received, killed ? 8 : 0);
		assert_int_equal(logs_of(&l, 0)->exported, killed ? 3 : 0);
		assert_int_equal(logs_of(&l, 0)->dropped[DROP_CRASH], killed);
		assert_int_equal(logs_of(&l, 1)->dropped[DROP_CRASH], killed);
		assert_int_equal(logs_of(&l, 0)->inherited, killed ? 0 : 5);
		assert_int_equal(logs_of(&l, 2)->inherited, 0);
		export_all(&l, 0);
		export_all(&l, 1);
		require_closed(&l);
		life_end(&l, false);
		wipe(w);
	}
}

/* One of them is gone: what lies there for it goes nowhere, and is counted. */
static void test_gone(void **state)
{
	struct world *w = *state;
	struct life l;
	int killed;

	for (killed = 0; killed < 2; killed++) {
		const struct ledger_account *nowhere;

		leave(w, killed);
		open_as(&l, w, 0xccccccc3, 0xbbbbbbb2);
		nowhere = logs_of(&l, 2);
		assert_int_equal(logs_of(&l, 0)->inherited + logs_of(&l, 0)->received, 0);
		assert_int_equal(logs_of(&l, 1)->spooled, killed ? 4 : 5);
		assert_int_equal(nowhere->received, killed ? 8 : 0);
		assert_int_equal(nowhere->inherited, killed ? 0 : 8);
		assert_int_equal(nowhere->dropped[DROP_CRASH], killed);
		assert_int_equal(nowhere->dropped[DROP_NO_DESTINATION], killed ? 7 : 8);
		assert_int_equal(nowhere->spooled, 0);
		assert_true(ledger_closes(nowhere, 0));
		assert_int_equal(spool_items(w->spool, 2, OTLP_LOGS), 0);
		export_all(&l, 1);
		assert_int_equal(count_files(w), 0);
		life_end(&l, false);
		assert_int_equal(said(w, "\"nowhere\":{"), killed + 1);
		wipe(w);
	}
}

/* From several to one: its line has what the others left, too. */
static void test_one_is_left(void **state)
{
	struct world *w = *state;
	struct life l;

	leave(w, false);
	life_open(&l, w, 1, MB, MB);
	assert_int_equal(logs_of(&l, 0)->inherited, 8);
	export_all(&l, 0);
	life_end(&l, false);
	assert_int_equal(said(w,
			      "\"logs\":{\"received\":0,\"inherited\":13,\"exported\":8,\"held\":0,"
			      "\"dropped\":{\"no_destination\":5}}"),
			 1);
}

/* What goes nowhere outlives a kill in the books, too. */
static void test_nowhere_is_booked(void **state)
{
	struct world *w = *state;
	struct life l;

	life_begin(&l, w, 2, MB, MB);
	l.destinations[0].settings = only_logs;
	l.store.off[OTLP_METRICS] = true;
	books_open(&l.books);
	accept(&l, OTLP_METRICS, 5, 0);
	accept(&l, OTLP_TRACES, 2, 0);
	assert_int_equal(l.store.held, 0);
	books_write(&l.books);
	life_kill(&l);
	life_begin(&l, w, 2, MB, MB);
	l.destinations[0].settings = only_logs;
	books_open(&l.books);
	life_end(&l, false);
	assert_int_equal(
		said(w,
		     "\"nowhere\":{"
		     "\"traces\":{\"received\":2,\"exported\":0,\"held\":0,\"dropped\":{\"no_destination\":2}},"
		     "\"logs\":{\"received\":0,\"exported\":0,\"held\":0,\"dropped\":{}},"
		     "\"metrics\":{\"received\":5,\"exported\":0,\"held\":0,\"dropped\":{\"disabled\":5}}}"),
		1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_changed_places),
		WITH_WORLD(test_gone),
		WITH_WORLD(test_one_is_left),
		WITH_WORLD(test_nowhere_is_booked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
