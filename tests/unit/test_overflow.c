/* SPDX-License-Identifier: Apache-2.0 */
/* What memory cannot hold, with a real spool below it. */
#include "lives.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define KB ((size_t)1 << 10)

/* Payloads in memory by their arrival, queue by queue, then the stage. */
static const char *held_payloads(const struct life *l)
{
	static char text[200];
	size_t len = 0, k;
	unsigned i;

	text[0] = '\0';
	for (i = 0; i < 2 * OTLP_SIGNALS; i++) {
		const struct payload_list *list = i < OTLP_SIGNALS
							  ? &l->destinations[0].queue[i]
							  : &l->store.staging[i - OTLP_SIGNALS];

		for (k = 0; k < list->count; k++)
			len += (size_t)snprintf(text + len, sizeof text - len, "%d ",
						(int)(payload_list_at(list, k)->arrived -
						      1000 * NS_PER_S));
	}
	return text;
}

static const struct ledger_account *account(const struct life *l, enum otlp_signal signal)
{
	return &l->destinations[0].account[signal];
}

static void make_room(struct life *l, size_t beside)
{
	overflow_make_room(&l->overflow, beside);
	require_closed(l);
}

/* ---- Without a spool ---- */

static void test_oldest_goes_first(void **state)
{
	struct life l;

	life_open(&l, *state, 1, MB / 2, 0);
	accept(&l, OTLP_LOGS, 2, 50000);     /* 0 */
	accept(&l, OTLP_TRACES, 3, 33000);   /* 1 */
	accept(&l, OTLP_LOGS, 1, 100000);    /* 2 */
	accept(&l, OTLP_METRICS, 1, 100000); /* 3 */
	/* Nothing has to go, nothing moves. */
	make_room(&l, 0);
	assert_string_equal(held_payloads(&l), "1 0 2 3 ");
	assert_int_equal(l.store.staging[OTLP_LOGS].count, 2);
	/* As little as needed goes. */
	accept(&l, OTLP_LOGS, 1, 150000); /* 4 */
	make_room(&l, 0);
	assert_string_equal(held_payloads(&l), "2 4 1 3 ");
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_BUFFER_FULL], 2);
	assert_int_equal(l.store.staging[OTLP_TRACES].count, 1);
	/* Of all signals, queued or staged. */
	accept(&l, OTLP_TRACES, 5, 40000); /* 5 */
	make_room(&l, 0);
	assert_string_equal(held_payloads(&l), "5 4 3 ");
	assert_int_equal(l.store.staging[OTLP_METRICS].count, 1);
	assert_int_equal(account(&l, OTLP_TRACES)->dropped[DROP_BUFFER_FULL], 3);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_BUFFER_FULL], 3);
	assert_int_equal(account(&l, OTLP_LOGS)->spooled, 0);
	/* What is under way is not taken away, others go instead. */
	release_all(&l);
	assert_true(request_take(&l, 0, OTLP_METRICS));
	accept(&l, OTLP_LOGS, 1, 175000); /* 6 */
	make_room(&l, 0);
	assert_string_equal(held_payloads(&l), "5 6 ");
	assert_true(l.store.held <= l.store.limit);
	/* And where only that is left it is enough. */
	make_room(&l, 4 * MB);
	assert_string_equal(held_payloads(&l), "");
	assert_int_equal(l.requests[0][OTLP_METRICS].batch.items, 1);
	assert_true(l.store.held > 0);
	/* Said once. */
	assert_int_equal(said(l.world, "the buffer is full"), 1);
	assert_int_equal(said(l.world, "LULL_BUFFER above 524288 bytes"), 1);
	life_end(&l, false);
}

/* Half-received bodies count; to the byte. */
static void test_beside(void **state)
{
	struct life l;
	size_t room;

	life_open(&l, *state, 1, MB, 0);
	accept(&l, OTLP_LOGS, 1, 100000);
	accept(&l, OTLP_LOGS, 1, 100000);
	release_all(&l);
	room = l.store.limit - l.store.held;
	make_room(&l, room);
	assert_string_equal(held_payloads(&l), "0 1 ");
	make_room(&l, room + 1);
	assert_string_equal(held_payloads(&l), "1 ");
	make_room(&l, 2 * MB);
	assert_string_equal(held_payloads(&l), "");
	make_room(&l, SIZE_MAX / 2);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_BUFFER_FULL], 2);
	life_end(&l, false);
}

/* The spool may be NULL where memory was short at the start. */
static void test_no_spool_at_all(void **state)
{
	struct life l;

	life_begin(&l, *state, 1, 100 * KB, 0);
	spool_free(l.world->spool);
	l.world->spool = l.overflow.spool = l.books.spool = NULL;
	books_open(&l.books);
	accept(&l, OTLP_LOGS, 3, 20000);
	accept(&l, OTLP_LOGS, 4, 20000);
	make_room(&l, 0);
	assert_string_equal(held_payloads(&l), "1 ");
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_BUFFER_FULL], 3);
	life_end(&l, true);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_SHUTDOWN], 4);
}

/* ---- With a spool ---- */

static void test_oldest_is_spooled(void **state)
{
	struct life l;

	life_open(&l, *state, 1, MB / 2, 4 * MB);
	accept(&l, OTLP_LOGS, 2, 50000);    /* 0 */
	accept(&l, OTLP_TRACES, 1, 150000); /* 1 */
	accept(&l, OTLP_LOGS, 3, 50000);    /* 2 */
	accept(&l, OTLP_LOGS, 1, 150000);   /* 3 */
	make_room(&l, 0);
	/* A batch at once: all that may be joined. */
	assert_string_equal(held_payloads(&l), "3 1 ");
	assert_int_equal(account(&l, OTLP_LOGS)->spooled, 5);
	assert_int_equal(count_files(l.world), 1);
	make_room(&l, 350000);
	assert_string_equal(held_payloads(&l), "3 ");
	assert_int_equal(account(&l, OTLP_TRACES)->spooled, 1);
	assert_int_equal(count_files(l.world), 2);
	assert_int_equal(ledger_dropped(account(&l, OTLP_LOGS)), 0);
	assert_int_equal(said(l.world, "the buffer is full"), 0);
	/* It is all still there. */
	export_all(&l, 0);
	require_closed(&l);
	assert_int_equal(account(&l, OTLP_LOGS)->exported, 6);
	assert_int_equal(account(&l, OTLP_TRACES)->exported, 1);
	assert_int_equal(count_files(l.world), 0);
	life_end(&l, false);
}

/* A full spool: the oldest file goes, whatever its signal, and as many as are needed. */
static void test_full_spool(void **state)
{
	struct life l;

	life_open(&l, *state, 1, 10 * KB, 100 * KB);
	accept(&l, OTLP_TRACES, 1, 30000);
	assert_int_equal(account(&l, OTLP_TRACES)->dropped[DROP_BUFFER_FULL], 1);
	l.store.limit = 40 * KB;
	accept(&l, OTLP_TRACES, 2, 15000);
	make_room(&l, MB);
	accept(&l, OTLP_LOGS, 3, 10000);
	make_room(&l, MB);
	accept(&l, OTLP_METRICS, 4, 7000);
	make_room(&l, MB);
	assert_int_equal(count_files(l.world), 3);
	assert_int_equal(said(l.world, "the buffer is full"), 0);
	accept(&l, OTLP_METRICS, 5, 6000);
	make_room(&l, MB);
	assert_int_equal(count_files(l.world), 3);
	assert_int_equal(account(&l, OTLP_TRACES)->spooled, 0);
	assert_int_equal(account(&l, OTLP_TRACES)->dropped[DROP_BUFFER_FULL], 3);
	assert_int_equal(account(&l, OTLP_METRICS)->spooled, 9);
	assert_int_equal(said(l.world, "the buffer is full"), 1);
	/* A larger one: two go. */
	l.store.limit = 60 * KB;
	accept(&l, OTLP_TRACES, 6, 9000);
	make_room(&l, MB);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_BUFFER_FULL], 3);
	assert_int_equal(account(&l, OTLP_METRICS)->dropped[DROP_BUFFER_FULL], 4);
	assert_int_equal(account(&l, OTLP_METRICS)->spooled, 5);
	assert_int_equal(account(&l, OTLP_TRACES)->spooled, 6);
	assert_int_equal(count_files(l.world), 2);
	assert_int_equal(said(l.world, "the buffer is full"), 1);
	life_end(&l, false);
}

/* A file that is under way is nobody's to remove: what would need its place goes. */
static void test_file_under_way_stays(void **state)
{
	static const struct outcome exported = {.verdict = VERDICT_EXPORTED};
	struct life l;

	life_open(&l, *state, 1, 60 * KB, 60 * KB);
	accept(&l, OTLP_LOGS, 1, 40000);
	make_room(&l, MB);
	assert_true(request_take(&l, 0, OTLP_LOGS));
	assert_true(l.requests[0][OTLP_LOGS].batch.on_disk);
	accept(&l, OTLP_TRACES, 2, 20000);
	make_room(&l, MB);
	assert_int_equal(account(&l, OTLP_TRACES)->dropped[DROP_BUFFER_FULL], 2);
	request_answer(&l, 0, OTLP_LOGS, &exported);
	assert_int_equal(account(&l, OTLP_LOGS)->exported, 1);
	require_closed(&l);
	life_end(&l, false);
}

/* Ahead of what comes an eighth is free, as long as a file can take what is there: one file each
 * time, for nobody is answered while it is written. */
static void test_ahead(void **state)
{
	struct life l;
	size_t i, moved;

	life_open(&l, *state, 1, 2 * MB, MB);
	for (i = 0; i < 17; i++)
		accept(&l, OTLP_LOGS, 1, 100000);
	assert_false(overflow_make_room_ahead(&l.overflow, 0));
	assert_int_equal(count_files(l.world), 0);
	accept(&l, OTLP_LOGS, 1, 200000);
	assert_false(store_is_over(&l.store, 0));
	assert_true(overflow_make_room_ahead(&l.overflow, 0));
	assert_false(store_is_over(&l.store, l.store.limit / 8));
	assert_int_equal(count_files(l.world), 1);
	assert_false(overflow_make_room_ahead(&l.overflow, 0));
	assert_int_equal(count_files(l.world), 1);
	assert_int_equal(ledger_dropped(account(&l, OTLP_LOGS)), 0);
	assert_int_equal(said(l.world, "the buffer is full"), 0);
	for (i = 2; i < 4; i++) {
		assert_true(overflow_make_room_ahead(&l.overflow, 4 * MB));
		assert_int_equal(count_files(l.world), i);
	}
	/* Where the spool is full its oldest goes, counted, as it would with the next post. */
	for (moved = 0; overflow_make_room_ahead(&l.overflow, 4 * MB); moved++)
		require_closed(&l);
	assert_in_range(moved, 3, 12);
	assert_in_range(count_files(l.world), 2, 6);
	assert_in_range(account(&l, OTLP_LOGS)->dropped[DROP_BUFFER_FULL], 1, 12);
	assert_int_equal(said(l.world, "the buffer is full"), 1);
	life_end(&l, false);

	/* Without a spool nothing goes before it must. */
	life_open(&l, *state, 1, MB, 0);
	accept(&l, OTLP_LOGS, 1, 200000);
	assert_false(overflow_make_room_ahead(&l.overflow, MB));
	assert_string_equal(held_payloads(&l), "0 ");
	assert_int_equal(ledger_dropped(account(&l, OTLP_LOGS)), 0);
	life_end(&l, false);
}

/* What the spool could never take goes, and what is there has not to give way for it. */
static void test_too_large_for_the_spool(void **state)
{
	struct life l;

	life_open(&l, *state, 1, MB, 60 * KB);
	accept(&l, OTLP_LOGS, 1, 20000);
	make_room(&l, MB);
	accept(&l, OTLP_TRACES, 2, 40000);
	make_room(&l, MB);
	assert_int_equal(account(&l, OTLP_LOGS)->spooled, 1);
	assert_int_equal(account(&l, OTLP_TRACES)->spooled, 0);
	assert_int_equal(account(&l, OTLP_TRACES)->dropped[DROP_BUFFER_FULL], 2);
	assert_int_equal(said(l.world, "the buffer is full"), 1);
	life_end(&l, false);
}

/* The disk refuses: what does not fit goes as without a spool, no more than is needed. */
static void test_disk_refuses(void **state)
{
	struct life l;

	life_open(&l, *state, 1, MB, MB);
	limit_file_size(10 * KB);
	accept(&l, OTLP_LOGS, 2, 20000);
	accept(&l, OTLP_LOGS, 4, 20000);
	release_all(&l);
	make_room(&l, l.store.limit - l.store.held + 1);
	assert_string_equal(held_payloads(&l), "1 ");
	make_room(&l, MB);
	limit_file_size(SIZE_MAX);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_BUFFER_FULL], 6);
	assert_int_equal(count_files(l.world), 0);
	assert_int_equal(said(l.world, "nothing can be spooled"), 1);
	/* Later it takes again. */
	accept(&l, OTLP_LOGS, 3, 20000);
	make_room(&l, MB);
	assert_int_equal(account(&l, OTLP_LOGS)->spooled, 3);
	life_end(&l, false);
}

/* No memory to take a batch: one payload goes, and that is said for what it is. */
static void test_no_memory_to_spool(void **state)
{
	struct life l;

	life_open(&l, *state, 1, MB, MB);
	accept(&l, OTLP_LOGS, 2, 20000);
	accept(&l, OTLP_LOGS, 3, 20000);
	release_all(&l);
	short_heap_at = 1;
	make_room(&l, l.store.limit - 80000);
	assert_int_equal(short_heap_at, 0);
	assert_string_equal(held_payloads(&l), "1 ");
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_NO_MEMORY], 2);
	assert_int_equal(account(&l, OTLP_LOGS)->spooled, 0);
	/* Nothing was tried with the disk. */
	assert_int_equal(said(l.world, "the buffer is full"), 0);
	life_end(&l, false);
}

/* The function wipes the folder: what was in it is counted when it is to be sent, and the folder is
 * made again for what comes. */
static void test_wiped(void **state)
{
	struct life l;

	life_open(&l, *state, 1, MB, MB);
	accept(&l, OTLP_LOGS, 2, 20000);
	make_room(&l, MB);
	wipe(l.world);
	accept(&l, OTLP_LOGS, 3, 20000);
	make_room(&l, MB);
	assert_int_equal(account(&l, OTLP_LOGS)->spooled, 5);
	assert_int_equal(count_files(l.world), 1);
	export_all(&l, 0);
	require_closed(&l);
	assert_int_equal(account(&l, OTLP_LOGS)->exported, 3);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_SPOOL], 2);
	/* Files that are gone can give way, too. */
	accept(&l, OTLP_LOGS, 4, 20000);
	make_room(&l, MB);
	wipe(l.world);
	overflow_end(&l.overflow, false);
	require_closed(&l);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_SHUTDOWN], 4);
	life_end(&l, false);
}

/* ---- Two destinations ---- */

/* Their payloads are shared: memory is free only when both have let go. */
static void test_two_destinations(void **state)
{
	const struct ledger_account *second;
	struct life l;

	life_open(&l, *state, 2, 100 * KB, MB);
	second = l.destinations[1].account;
	accept(&l, OTLP_LOGS, 2, 40000);
	accept(&l, OTLP_TRACES, 1, 30000);
	make_room(&l, 0);
	assert_int_equal(account(&l, OTLP_LOGS)->spooled, 2);
	assert_int_equal(second[OTLP_LOGS].spooled, 2);
	assert_int_equal(count_files(l.world), 2);
	assert_string_equal(held_payloads(&l), "1 ");
	release_all(&l);
	assert_int_equal(second[OTLP_TRACES].received, 0);
	/* Each has its own files. */
	export_all(&l, 1);
	require_closed(&l);
	assert_int_equal(second[OTLP_LOGS].exported, 2);
	assert_int_equal(account(&l, OTLP_LOGS)->spooled, 2);
	/* One has it under way: only the other's reference goes. */
	accept(&l, OTLP_LOGS, 3, 10000);
	release_all(&l);
	assert_true(request_take(&l, 0, OTLP_LOGS));
	make_room(&l, MB);
	assert_int_equal(second[OTLP_LOGS].spooled, 3);
	assert_int_equal(account(&l, OTLP_LOGS)->spooled, 2);
	assert_int_equal(l.requests[0][OTLP_LOGS].batch.items, 3);
	assert_true(l.store.held > 30000);
	life_end(&l, false);
}

/* ---- The end ---- */

static void test_end(void **state)
{
	static const struct {
		bool follows;
		size_t spool;
		uint64_t spooled, logs, traces; /* dropped[DROP_SHUTDOWN] */
	} cases[] = {
		{true, MB, 10, 0, 0},
		{false, MB, 0, 7, 3},
		{true, 0, 0, 5, 3},
		{false, 0, 0, 5, 3},
		/* what does not fit into the spool any more: files give way to what is younger */
		{true, 120 * KB, 10, 0, 0},
		{true, 110 * KB, 8, 0, 0},
		/* too small for the logs, not for the traces */
		{true, 95 * KB, 5, 5, 0},
	};
	size_t i;

	for (i = 0; i < LENGTH(cases); i++) {
		const struct ledger_account *logs, *traces;
		struct life l;

		life_open(&l, *state, 1, 200 * KB, cases[i].spool);
		logs = account(&l, OTLP_LOGS);
		traces = account(&l, OTLP_TRACES);
		if (cases[i].spool) {
			accept(&l, OTLP_LOGS, 2, 1000);
			make_room(&l, MB);
			assert_int_equal(logs->spooled, 2);
		}
		accept(&l, OTLP_LOGS, 5, 20000);
		release_all(&l);
		/* What is staged goes the same way. */
		accept(&l, OTLP_TRACES, 3, 4000);
		overflow_end(&l.overflow, cases[i].follows);
		require_closed(&l);
		assert_int_equal(l.store.held, 0);
		assert_int_equal(logs->spooled + traces->spooled, cases[i].spooled);
		assert_int_equal(logs->dropped[DROP_SHUTDOWN], cases[i].logs);
		assert_int_equal(traces->dropped[DROP_SHUTDOWN], cases[i].traces);
		assert_int_equal(logs->received + traces->received,
				 cases[i].spooled + ledger_dropped(logs) + ledger_dropped(traces));
		if (cases[i].spool)
			assert_int_equal(count_files(l.world) == 0, cases[i].spooled == 0);
		life_kill(&l);
		if (cases[i].spool)
			wipe(l.world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_oldest_goes_first),
		WITH_WORLD(test_beside),
		WITH_WORLD(test_no_spool_at_all),
		WITH_WORLD(test_oldest_is_spooled),
		WITH_WORLD(test_full_spool),
		WITH_WORLD(test_file_under_way_stays),
		WITH_WORLD(test_ahead),
		WITH_WORLD(test_too_large_for_the_spool),
		WITH_WORLD(test_disk_refuses),
		WITH_WORLD(test_no_memory_to_spool),
		WITH_WORLD(test_wiped),
		WITH_WORLD(test_two_destinations),
		WITH_WORLD(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
