/* SPDX-License-Identifier: Apache-2.0 */
/* The record and ledger_adopt() over thousands of lives: the books close, always. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record_books.h"

#define MOST ((UINT64_C(1) << 48) - 1)

/* ---- The books close, whatever the life before did and whatever was written ---- */

static uint64_t seed;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Mostly small, often 0, now and then as large as can be. */
static uint64_t some_number(void)
{
	uint64_t r = next_random();

	switch (r % 8) {
	case 0:
	case 1:
		return 0;
	case 2:
		return (r >> 8) & MOST;
	case 3:
		return MOST;
	default:
		return (r >> 8) % 20;
	}
}

/* Books that close with some items held, or, `wild`, any numbers at all. */
static struct ledger_account some_account(bool wild)
{
	struct ledger_account a = {0};
	uint64_t rest;
	size_t r;

	a.received = some_number() / 2;
	a.inherited = some_number() / 2;
	a.possible_duplicates = some_number();
	rest = a.received + a.inherited;
	if (wild) {
		a.exported = some_number();
		a.spooled = some_number();
		for (r = 0; r < DROP_REASONS; r++)
			a.dropped[r] = some_number();
		return a;
	}
	a.exported = next_random() % (rest + 1);
	rest -= a.exported;
	for (r = 0; r < DROP_REASONS; r++) {
		a.dropped[r] = next_random() % 2 ? 0 : next_random() % (rest + 1);
		rest -= a.dropped[r];
	}
	a.spooled = next_random() % (rest + 1);
	return a;
}

static void check_killed(const struct ledger_account *old, const struct ledger_account *a)
{
	uint64_t open = old->received + old->inherited - old->exported - ledger_dropped(old);
	uint64_t lost = a->dropped[DROP_CRASH] - old->dropped[DROP_CRASH];

	assert_true(a->received == old->received && a->exported == old->exported);
	assert_true(a->possible_duplicates == old->possible_duplicates);
	assert_true(lost == (open > a->spooled ? open - a->spooled : 0));
	assert_true(a->inherited == old->inherited + (open < a->spooled ? a->spooled - open : 0));
	assert_true(ledger_dropped(a) == ledger_dropped(old) + lost);
}

static void check_closed(const struct ledger_account *old, const struct ledger_account *a)
{
	uint64_t more = old->spooled > a->spooled ? old->spooled : a->spooled;

	assert_true(a->received == 0 && a->exported == 0 && a->possible_duplicates == 0);
	assert_true(a->inherited == more);
	assert_true(a->dropped[DROP_SPOOL] == more - a->spooled);
	assert_true(ledger_dropped(a) == a->dropped[DROP_SPOOL]);
}

static void one_life(bool wild)
{
	uint64_t found[LEDGER_BOOKS][OTLP_SIGNALS];
	size_t count = 1 + next_random() % LEDGER_BOOKS, d, s;
	bool closed = next_random() % 2, whole = next_random() % 8 > 0;
	struct books old = {0}, books;
	struct bytes record = {0};
	enum ledger_before before;

	for (d = 0; d < count; d++) {
		for (s = 0; s < OTLP_SIGNALS; s++) {
			old.account[d][s] = some_account(wild);
			found[d][s] = next_random() % 2 ? old.account[d][s].spooled : some_number();
		}
	}
	write_books(&old, count, closed, &record);
	if (!whole)
		record.data[next_random() % record.len] ^= (uint8_t)(1 + next_random() % 255);
	before = adopt_books(bytes_slice(&record), found, count, &books);
	assert_int_equal(before, !whole ? LEDGER_UNKNOWN : closed ? LEDGER_CLOSED : LEDGER_KILLED);
	for (d = 0; d < count; d++) {
		for (s = 0; s < OTLP_SIGNALS; s++) {
			assert_true(ledger_closes(&books.account[d][s], 0));
			assert_true(books.account[d][s].spooled == found[d][s]);
			if (before == LEDGER_KILLED && !wild)
				check_killed(&old.account[d][s], &books.account[d][s]);
			if (before == LEDGER_CLOSED)
				check_closed(&old.account[d][s], &books.account[d][s]);
		}
	}
	bytes_free(&record);
}

static void test_books_close(void **state)
{
	size_t i;

	(void)state;
	seed = UINT64_C(88172645463325252);
	for (i = 0; i < 20000; i++)
		one_life(false);
}

static void test_any_numbers_close(void **state)
{
	size_t i;

	(void)state;
	seed = UINT64_C(1181783497276652981);
	for (i = 0; i < 20000; i++)
		one_life(true);
}

/* ---- Many lives, one after the other, as the agent lives them ---- */

/* Some of what is held goes each way there is. */
static void live(struct ledger_account *a, uint64_t *held, uint64_t *received)
{
	uint64_t n = next_random() % 50;

	a->received += n;
	*received += n;
	*held += n;
	n = next_random() % (*held + 1);
	a->exported += n;
	*held -= n;
	n = next_random() % (*held + 1);
	a->dropped[next_random() % DROP_CRASH] += n;
	*held -= n;
	n = next_random() % (*held + 1);
	a->spooled += n;
	*held -= n;
	n = next_random() % (a->spooled + 1);
	a->spooled -= n;
	a->exported += n;
}

/* All that was ever received stands in exactly one of the lines that were printed, or is still
 * there: each line without what it inherited, which was received before, and without what it left
 * in files. */
static void test_lives(void **state)
{
	uint64_t received = 0, printed = 0, lives;
	struct books books = {0};
	struct ledger_account *a = &books.account[0][0];
	struct bytes record = {0};

	(void)state;
	seed = UINT64_C(362436069362436069);
	for (lives = 0; lives < 5000; lives++) {
		uint64_t found[1][OTLP_SIGNALS] = {{lives ? a->spooled : 17}}, held = 0;
		bool closed = next_random() % 2;

		/* Files that somebody removed. */
		if (next_random() % 4 == 0)
			found[0][0] = next_random() % (a->spooled + 1);
		adopt_books(bytes_slice(&record), found, 1, &books);
		if (lives == 0)
			received = a->inherited; /* files from before all books */
		live(a, &held, &received);
		live(a, &held, &received);
		assert_true(ledger_closes(a, held));
		if (closed) {
			a->dropped[DROP_SHUTDOWN] += held;
			printed += a->exported + ledger_dropped(a);
		}
		record.len = 0;
		write_books(&books, 1, closed, &record);
	}
	if (record.data[5] == 0)
		printed += a->received + a->inherited - a->spooled;
	assert_true(received == printed + a->spooled);
	bytes_free(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_books_close),
		cmocka_unit_test(test_any_numbers_close),
		cmocka_unit_test(test_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
