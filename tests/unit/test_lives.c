/* SPDX-License-Identifier: Apache-2.0 */
/* Store, spool, overflow and books together, over many lives: anything in any order, by a function
 * that does what it likes to the folder, with short memory. Nothing is uncounted. */
#include "lives.h"

#include "short_memory.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define KB ((size_t)1 << 10)

/* ---- Anything in any order ---- */

static uint32_t seed;

static unsigned chance(unsigned below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 12) % below;
}

/* Over all lives of a folder. */
struct lives {
	struct life life;
	struct world *world;
	size_t destinations, memory, spool;
	uint64_t came[DESTINATIONS][OTLP_SIGNALS];
	uint64_t printed[DESTINATIONS][OTLP_SIGNALS];
	uint64_t killed, ended, spooled, full, crashed; /* what the walk came by */
};

/* All that ever came stands in a line that was printed, or in the books of now. */
static void require_all(const struct lives *a)
{
	unsigned i, s;

	require_closed(&a->life);
	for (i = 0; i < a->destinations; i++) {
		const struct destination *d = &a->life.destinations[i];

		for (s = 0; s < OTLP_SIGNALS; s++) {
			const struct ledger_account *account = &d->account[s];
			uint64_t held = store_held_items(&a->life.store, d, (enum otlp_signal)s);

			assert_true(a->came[i][s] == a->printed[i][s] + account->exported +
							     ledger_dropped(account) + held +
							     account->spooled);
		}
	}
}

static void step_accept(struct lives *a, enum otlp_signal s)
{
	size_t count = 1 + chance(20), i;

	accept(&a->life, s, count, chance(8) ? chance(300) : chance(2000));
	for (i = 0; i < a->destinations; i++)
		a->came[i][s] += destination_takes(&a->life.destinations[i], s) ? count : 0;
}

static void step_answer(struct lives *a, unsigned i, enum otlp_signal s)
{
	static const enum verdict verdicts[] = {VERDICT_EXPORTED, VERDICT_EXPORTED, VERDICT_LATER,
						VERDICT_LATER,    VERDICT_SINGLY,   VERDICT_HALVE,
						VERDICT_REFUSED};
	struct outcome outcome = {
		.verdict = chance(40) ? verdicts[chance(LENGTH(verdicts))] : VERDICT_OFF,
		.rejected = chance(4) ? 0 : chance(12),
		.maybe_taken = chance(4) == 0,
		.pause = chance(2),
	};

	request_answer(&a->life, i, s, &outcome);
}

/* The function's hands: a file goes, or is another one, or all of it goes. */
static void step_folder(struct lives *a)
{
	const char *path = file_of(a->world, 1 + chance(60));

	if (a->spool == 0 || access(a->world->folder, F_OK) != 0)
		return;
	switch (chance(6)) {
	case 0:
		wipe(a->world);
		break;
	case 1:
		if (access(path, F_OK) == 0)
			put_file(path, "no batch", 8);
		break;
	default:
		unlink(path);
	}
}

static void step_end(struct lives *a)
{
	unsigned i, s;
	bool killed = chance(2);

	for (i = 0; i < a->destinations; i++)
		for (s = 0; s < OTLP_SIGNALS; s++)
			a->full += a->life.destinations[i].account[s].dropped[DROP_BUFFER_FULL];
	if (killed) {
		a->killed++;
		life_kill(&a->life);
	} else {
		a->ended++;
		life_end(&a->life, chance(4) > 0);
		for (i = 0; i < a->destinations; i++) {
			for (s = 0; s < OTLP_SIGNALS; s++) {
				const struct ledger_account *account =
					&a->life.destinations[i].account[s];

				a->printed[i][s] += account->exported + ledger_dropped(account);
				a->spooled += account->spooled;
			}
		}
	}
	life_open(&a->life, a->world, a->destinations, a->memory, a->spool);
	for (s = 0; s < OTLP_SIGNALS; s++)
		a->crashed += a->life.destinations[0].account[s].dropped[DROP_CRASH];
	/* With no disk nothing outlives a kill, not even the books. */
	if (a->spool == 0 && killed) {
		memset(a->came, 0, sizeof a->came);
		memset(a->printed, 0, sizeof a->printed);
	}
}

static void random_step(struct lives *a)
{
	enum otlp_signal s = (enum otlp_signal)chance(OTLP_SIGNALS);
	unsigned i = chance((unsigned)a->destinations);
	bool idle = a->life.requests[i][s].batch.members.count == 0;

	switch (chance(10)) {
	case 0:
	case 1:
	case 2:
		step_accept(a, s);
		break;
	case 3:
		overflow_make_room(&a->life.overflow, chance(2) ? 0 : chance(100000));
		break;
	case 4:
	case 5:
		if (idle) {
			store_release(&a->life.store, s, &a->life.resource, SIZE_MAX);
			request_take(&a->life, i, s);
		}
		break;
	case 6:
	case 7:
		if (!idle)
			step_answer(a, i, s);
		break;
	case 8:
		if (chance(5) == 0)
			step_folder(a);
		break;
	default:
		if (chance(10) == 0) {
			short_heap_at = 0;
			step_end(a);
		}
	}
}

static void test_any_order(void **state)
{
	static const size_t spools[] = {MB, 150 * KB, 150 * KB, 40 * KB, 0};
	struct lives sum = {0};
	uint32_t run;
	int step;

	for (run = 0; run < 30; run++) {
		struct lives a = {
			.world = *state,
			.destinations = 1 + run % 2,
			.memory = 60 * KB,
			.spool = spools[run % LENGTH(spools)],
		};

		seed = run;
		life_open(&a.life, a.world, a.destinations, a.memory, a.spool);
		for (step = 0; step < 600; step++) {
			short_heap_at = run % 3 == 0 && chance(4) == 0 ? 1 + (int)chance(6) : 0;
			random_step(&a);
			short_heap_at = 0;
			/* As the agent does after anything that came or was settled. */
			books_write(&a.life.books);
			require_all(&a);
		}
		sum.killed += a.killed;
		sum.ended += a.ended;
		sum.spooled += a.spooled;
		sum.full += a.full;
		sum.crashed += a.crashed;
		life_end(&a.life, false);
		if (a.spool)
			wipe(a.world);
	}
	/* The walk comes by what it is for. */
	assert_true(sum.killed > 50 && sum.ended > 50);
	assert_true(sum.spooled > 100 && sum.full > 100 && sum.crashed > 100);
}

/* ---- Memory ---- */

/* All there is to do once, with the books closed after each step, and the next life. */
static void some_life(struct world *w)
{
	static const struct outcome later = {.verdict = VERDICT_LATER};
	struct life l;
	int i;

	life_open(&l, w, 2, 60 * KB, 120 * KB);
	l.books.metrics = true;
	for (i = 0; i < 12; i++) {
		accept(&l, (enum otlp_signal)(i % 3), 3, 5000);
		overflow_make_room(&l.overflow, 0);
		books_write(&l.books);
		require_closed(&l);
	}
	for (i = 0; i < 3; i++)
		if (request_take(&l, 0, (enum otlp_signal)i))
			request_answer(&l, 0, (enum otlp_signal)i, &later);
	require_closed(&l);
	books_add_metrics(&l.books, true, l.now);
	export_all(&l, 1);
	require_closed(&l);
	life_end(&l, true);
}

/* What is left over of it can be lived with. */
static void next_life(struct world *w)
{
	struct life l;

	life_open(&l, w, 2, 60 * KB, 120 * KB);
	export_all(&l, 0);
	require_closed(&l);
	life_end(&l, false);
	wipe(w);
}

static void short_of(struct world *w, int *counter, int least)
{
	bool failed = true;
	int at;

	for (at = 1; failed && at < 2000; at++) {
		/* spool_new() is life_begin()'s, which needs it: test_overflow.c has NULL. */
		*counter = counter == &short_heap_at ? at + 1 : at;
		some_life(w);
		failed = *counter == 0;
		*counter = 0;
		next_life(w);
	}
	assert_in_range(at, least, 1999);
}

static void test_short_heap(void **state)
{
	short_of(*state, &short_heap_at, 40);
}

static void test_short_bytes(void **state)
{
	short_of(*state, &short_memory_at, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_any_order),
		WITH_WORLD(test_short_heap),
		WITH_WORLD(test_short_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
