/* SPDX-License-Identifier: Apache-2.0 */
/* The books over several lives, with a real folder: the record and the line. */
#include "lives.h"

#include "short_memory.h"

#define LINE "\"traces\":{" /* of the ledger */
#define NOTHING "\"received\":0,\"exported\":0,\"held\":0,\"dropped\":{}"

static struct ledger_account *account(struct life *l, enum otlp_signal signal)
{
	return &l->destinations[0].account[signal];
}

/* What the line says of a destination among several. */
static void require_part(const struct life *l, const char *name, const char *traces,
			 const char *logs, const char *metrics)
{
	char part[1000];

	snprintf(part, sizeof part, "\"%s\":{\"traces\":{%s},\"logs\":{%s},\"metrics\":{%s}}", name,
		 traces, logs, metrics);
	assert_int_equal(said(l->world, part), 1);
}

/* One line with these accounts, once; what stands before them is test_ledger.c's business. */
static void require_line(const struct life *l, const char *traces, const char *logs,
			 const char *metrics)
{
	char line[1000];

	snprintf(line, sizeof line, "\"traces\":{%s},\"logs\":{%s},\"metrics\":{%s}}}\n", traces,
		 logs, metrics);
	assert_int_equal(said(l->world, line), 1);
}

/* To the spool, all that may be joined with the oldest. */
static void spool_some(struct life *l)
{
	overflow_make_room(&l->overflow, l->store.limit);
	require_closed(l);
}

/* ---- One life ---- */

static void test_line(void **state)
{
	struct life l;

	life_open(&l, *state, 1, MB, MB);
	assert_true(l.books.open);
	accept(&l, OTLP_LOGS, 5, 0);
	export_all(&l, 0);
	accept(&l, OTLP_LOGS, 2, 0);
	accept(&l, OTLP_TRACES, 3, 0);
	books_write(&l.books);
	assert_int_equal(said(l.world, LINE), 0);
	life_end(&l, false);
	require_line(&l, "\"received\":3,\"exported\":0,\"held\":0,\"dropped\":{\"shutdown\":3}",
		     "\"received\":7,\"exported\":5,\"held\":0,\"dropped\":{\"shutdown\":2}",
		     NOTHING);
	assert_int_equal(said(l.world, "of the life before are lost"), 0);
}

/* What the life ends with while it is still held stands in the line as such, of each
 * destination. */
static void test_line_of_what_is_held(void **state)
{
	struct life l;

	life_open(&l, *state, 2, MB, MB);
	accept(&l, OTLP_LOGS, 5, 0);
	accept(&l, OTLP_METRICS, 4, 0);
	release_all(&l);
	assert_true(request_take(&l, 0, OTLP_LOGS));
	accept(&l, OTLP_LOGS, 1, 0);
	export_all(&l, 1);
	books_close(&l.books);
	assert_int_equal(said(l.world,
			      "{\"received\":16,\"exported\":6,\"dropped\":0,\"lost\":0,\"dest"),
			 1);
	require_part(&l, "first", NOTHING,
		     "\"received\":6,\"exported\":0,\"held\":6,\"dropped\":{}",
		     "\"received\":4,\"exported\":0,\"held\":4,\"dropped\":{}");
	require_part(&l, "second", NOTHING,
		     "\"received\":6,\"exported\":6,\"held\":0,\"dropped\":{}", NOTHING);
	assert_int_equal(said(l.world, LEDGER_NOWHERE), 0);
	life_kill(&l);
}

/* Without a spool there are books, too, but none that outlive the process. */
static void test_without_a_spool(void **state)
{
	struct world *w = *state;
	struct life l;
	int none;

	for (none = 0; none < 2; none++) {
		life_begin(&l, w, 1, MB, 0);
		if (none) {
			spool_free(w->spool);
			w->spool = l.overflow.spool = l.books.spool = NULL;
		}
		books_open(&l.books);
		accept(&l, OTLP_LOGS, 2, 0);
		books_write(&l.books);
		life_end(&l, true);
		assert_int_equal(account(&l, OTLP_LOGS)->received, 2);
		assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_SHUTDOWN], 2);
		assert_int_equal(access(w->folder, F_OK), -1);
	}
	assert_int_equal(said(w, "\"logs\":{\"received\":2,"), 2);
}

/* What comes before the books are opened stays in memory and is booked with the rest. */
static void test_before_the_opening(void **state)
{
	struct world *w = *state;
	struct life l;

	life_open(&l, w, 1, MB, MB);
	accept(&l, OTLP_LOGS, 4, 0);
	books_write(&l.books);
	life_kill(&l);

	life_begin(&l, w, 1, MB, MB);
	accept(&l, OTLP_LOGS, 3, 0);
	books_write(&l.books);
	overflow_make_room(&l.overflow, 0);
	assert_false(l.books.open);
	require_closed(&l);
	store_lost(&l.store, OTLP_LOGS, 2);
	books_open(&l.books);
	require_closed(&l);
	assert_int_equal(account(&l, OTLP_LOGS)->received, 9);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_CRASH], 4);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_NO_MEMORY], 2);
	/* That is on disk by now. */
	life_kill(&l);
	life_open(&l, w, 1, MB, MB);
	assert_int_equal(account(&l, OTLP_LOGS)->received, 9);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_CRASH], 7);
	life_end(&l, false);
}

/* An end before the books were opened: there is a line, and no record. */
static void test_never_opened(void **state)
{
	struct life l;

	life_begin(&l, *state, 1, MB, MB);
	accept(&l, OTLP_LOGS, 3, 0);
	life_end(&l, false);
	require_line(&l, NOTHING,
		     "\"received\":3,\"exported\":0,\"held\":0,\"dropped\":{\"shutdown\":3}",
		     NOTHING);
	assert_int_equal(access(l.world->folder, F_OK), -1);
}

/* ---- The life after ---- */

/* Killed with data in memory, under way and in files: the same books go on. */
static void test_killed(void **state)
{
	static const struct outcome twice = {.verdict = VERDICT_EXPORTED, .maybe_taken = true};
	struct world *w = *state;
	struct life l;
	int i;

	life_open(&l, w, 1, MB, MB);
	accept(&l, OTLP_LOGS, 10, 0);
	release_all(&l);
	assert_true(request_take(&l, 0, OTLP_LOGS));
	request_answer(&l, 0, OTLP_LOGS, &twice);
	accept(&l, OTLP_LOGS, 3, 0);
	spool_some(&l);
	accept(&l, OTLP_METRICS, 6, 0);
	spool_some(&l);
	assert_true(request_take(&l, 0, OTLP_METRICS)); /* in its file, too */
	accept(&l, OTLP_LOGS, 5, 0);
	accept(&l, OTLP_TRACES, 2, 0);
	release_all(&l);
	assert_true(request_take(&l, 0, OTLP_TRACES));
	accept(&l, OTLP_TRACES, 1, 0);
	books_write(&l.books);
	require_closed(&l);
	life_kill(&l);
	assert_int_equal(said(w, LINE), 0);

	life_open(&l, w, 1, MB, MB);
	assert_int_equal(account(&l, OTLP_LOGS)->received, 18);
	assert_int_equal(account(&l, OTLP_LOGS)->exported, 10);
	assert_int_equal(account(&l, OTLP_LOGS)->possible_duplicates, 10);
	assert_int_equal(account(&l, OTLP_LOGS)->spooled, 3);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_CRASH], 5);
	assert_int_equal(account(&l, OTLP_TRACES)->dropped[DROP_CRASH], 3);
	assert_int_equal(account(&l, OTLP_METRICS)->spooled, 6);
	assert_int_equal(ledger_dropped(account(&l, OTLP_METRICS)), 0);
	assert_int_equal(said(w, "8 items of the life before are lost"), 1);
	/* And once more, at once. */
	for (i = 0; i < 2; i++) {
		life_kill(&l);
		life_open(&l, w, 1, MB, MB);
	}
	assert_int_equal(said(w, "of the life before are lost"), 1);
	export_all(&l, 0);
	life_end(&l, false);
	require_line(&l, "\"received\":3,\"exported\":0,\"held\":0,\"dropped\":{\"crash\":3}",
		     "\"received\":18,\"exported\":13,\"held\":0,\"possible_duplicates\":10,"
		     "\"dropped\":{\"crash\":5}",
		     "\"received\":6,\"exported\":6,\"held\":0,\"dropped\":{}");
}

/* What was not on disk yet when it was killed is as if it had not been. */
static void test_killed_before_writing(void **state)
{
	struct world *w = *state;
	struct life l;

	life_open(&l, w, 1, MB, MB);
	accept(&l, OTLP_LOGS, 3, 0);
	books_write(&l.books);
	accept(&l, OTLP_LOGS, 4, 0);
	life_kill(&l);
	life_open(&l, w, 1, MB, MB);
	assert_int_equal(account(&l, OTLP_LOGS)->received, 3);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_CRASH], 3);
	life_end(&l, false);
}

/* Ended with its line: the next one starts anew, and inherits what is in files. */
static void test_ended(void **state)
{
	struct world *w = *state;
	struct life l;

	life_open(&l, w, 2, MB, MB);
	accept(&l, OTLP_LOGS, 3, 0);
	accept(&l, OTLP_TRACES, 4, 0);
	export_all(&l, 1);
	life_end(&l, true);
	require_part(&l, "first",
		     "\"received\":4,\"exported\":0,\"held\":0,\"spooled\":4,\"dropped\":{}",
		     "\"received\":3,\"exported\":0,\"held\":0,\"spooled\":3,\"dropped\":{}",
		     NOTHING);
	require_part(&l, "second", NOTHING,
		     "\"received\":3,\"exported\":3,\"held\":0,\"dropped\":{}", NOTHING);

	life_open(&l, w, 2, MB, MB);
	assert_int_equal(account(&l, OTLP_LOGS)->received, 0);
	assert_int_equal(account(&l, OTLP_LOGS)->inherited, 3);
	assert_int_equal(account(&l, OTLP_LOGS)->spooled, 3);
	assert_int_equal(l.destinations[1].account[OTLP_LOGS].inherited, 0);
	assert_int_equal(l.destinations[1].account[OTLP_LOGS].exported, 0);
	accept(&l, OTLP_LOGS, 1, 0);
	export_all(&l, 0);
	life_end(&l, false);
	require_part(&l, "first",
		     "\"received\":0,\"inherited\":4,\"exported\":4,\"held\":0,\"dropped\":{}",
		     "\"received\":1,\"inherited\":3,\"exported\":4,\"held\":0,\"dropped\":{}",
		     NOTHING);
	assert_int_equal(said(w, "of the life before are lost"), 0);

	/* Nothing is inherited from one that left nothing. */
	life_open(&l, w, 2, MB, MB);
	assert_int_equal(account(&l, OTLP_LOGS)->inherited, 0);
	life_end(&l, false);
	require_part(&l, "first", NOTHING, NOTHING, NOTHING);
}

/* Files that are not there any more in the life after. */
static void test_files_gone(void **state)
{
	struct world *w = *state;
	struct life l;
	int killed;

	for (killed = 0; killed < 2; killed++) {
		life_open(&l, w, 1, MB, MB);
		accept(&l, OTLP_LOGS, 3, 0);
		spool_some(&l);
		accept(&l, OTLP_LOGS, 4, 0);
		spool_some(&l);
		books_write(&l.books);
		assert_int_equal(unlink(file_of(w, 1)), 0);
		if (killed)
			life_kill(&l);
		else
			life_end(&l, true);
		life_open(&l, w, 1, MB, MB);
		assert_int_equal(account(&l, OTLP_LOGS)->spooled, 4);
		assert_int_equal(account(&l, OTLP_LOGS)->inherited, killed ? 0 : 7);
		assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_SPOOL], killed ? 0 : 3);
		assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_CRASH], killed ? 3 : 0);
		life_end(&l, false);
		wipe(w);
	}
}

/* The folder is wiped between two lives, or its record alone: what is found is inherited. */
static void test_record_gone(void **state)
{
	struct world *w = *state;
	struct life l;
	int all;

	for (all = 0; all < 2; all++) {
		life_open(&l, w, 1, MB, MB);
		accept(&l, OTLP_LOGS, 3, 0);
		spool_some(&l);
		accept(&l, OTLP_LOGS, 4, 0);
		books_write(&l.books);
		life_kill(&l);
		if (all)
			wipe(w);
		else
			assert_int_equal(unlink(inside(w, "record")), 0);
		life_open(&l, w, 1, MB, MB);
		assert_int_equal(account(&l, OTLP_LOGS)->received, 0);
		assert_int_equal(account(&l, OTLP_LOGS)->inherited, all ? 0 : 3);
		assert_int_equal(ledger_dropped(account(&l, OTLP_LOGS)), 0);
		life_end(&l, false);
		wipe(w);
	}
	assert_int_equal(said(w, "of the life before are lost"), 0);
}

/* Wiped while it lives: the next writing makes it again. */
static void test_wiped_while_alive(void **state)
{
	struct world *w = *state;
	struct life l;

	life_open(&l, w, 1, MB, MB);
	accept(&l, OTLP_LOGS, 3, 0);
	books_write(&l.books);
	wipe(w);
	accept(&l, OTLP_LOGS, 4, 0);
	books_write(&l.books);
	life_kill(&l);
	life_open(&l, w, 1, MB, MB);
	assert_int_equal(account(&l, OTLP_LOGS)->received, 7);
	assert_int_equal(account(&l, OTLP_LOGS)->dropped[DROP_CRASH], 7);
	life_end(&l, false);
}

/* No memory for the line: what was not printed is the next one's to print. */
static void test_line_without_memory(void **state)
{
	struct world *w = *state;
	struct life l;

	life_open(&l, w, 1, MB, MB);
	accept(&l, OTLP_LOGS, 3, 0);
	export_all(&l, 0);
	short_memory_at = 1;
	life_end(&l, true);
	assert_int_equal(short_memory_at, 0);
	assert_int_equal(said(w, LINE), 0);
	life_open(&l, w, 1, MB, MB);
	life_end(&l, true);
	require_line(&l, NOTHING, "\"received\":3,\"exported\":3,\"held\":0,\"dropped\":{}",
		     NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_line),
		WITH_WORLD(test_line_of_what_is_held),
		WITH_WORLD(test_without_a_spool),
		WITH_WORLD(test_before_the_opening),
		WITH_WORLD(test_never_opened),
		WITH_WORLD(test_killed),
		WITH_WORLD(test_killed_before_writing),
		WITH_WORLD(test_ended),
		WITH_WORLD(test_files_gone),
		WITH_WORLD(test_record_gone),
		WITH_WORLD(test_wiped_while_alive),
		WITH_WORLD(test_line_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
