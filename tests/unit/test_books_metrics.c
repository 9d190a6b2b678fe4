/* SPDX-License-Identifier: Apache-2.0 */
/* lull's own metrics: when they are made, and that they are data as any other. */
#include "lives.h"

#include "otlp_count.h"
#include "short_memory.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t made(const struct life *l)
{
	return l->destinations[0].account[OTLP_METRICS].received;
}

/* As old as `age` after the start. */
static void add(struct life *l, bool in_any_case, int64_t age)
{
	struct now now = l->books.started;

	now.mono += age;
	now.real += age;
	books_add_metrics(&l->books, in_any_case, now);
	require_closed(l);
}

static void test_when(void **state)
{
	static const struct {
		bool on, in_any_case;
		int64_t ages[3]; /* 0: no more */
		unsigned times;
	} cases[] = {
		{false, false, {3600 * NS_PER_S}, 0},
		{false, true, {3600 * NS_PER_S}, 0},
		{true, false, {1}, 0},
		{true, false, {60 * NS_PER_S - 1}, 0},
		{true, false, {60 * NS_PER_S}, 1},
		/* the next a minute after the last */
		{true, false, {70 * NS_PER_S, 129 * NS_PER_S}, 1},
		{true, false, {70 * NS_PER_S, 129 * NS_PER_S, 130 * NS_PER_S}, 2},
		/* after a freeze once */
		{true, false, {3600 * NS_PER_S, 3601 * NS_PER_S}, 1},
		{true, true, {1}, 1},
		{true, true, {1, 2, 3}, 3},
	};
	struct world *w = *state;
	size_t i, k;

	for (i = 0; i < LENGTH(cases); i++) {
		uint64_t before = 0;
		unsigned times = 0;
		struct life l;

		life_open(&l, w, 1, MB, MB);
		l.books.metrics = cases[i].on;
		for (k = 0; k < 3 && cases[i].ages[k]; k++) {
			add(&l, cases[i].in_any_case, cases[i].ages[k]);
			times += made(&l) > before;
			before = made(&l);
		}
		assert_int_equal(times, cases[i].times);
		assert_int_equal(l.store.staging[OTLP_METRICS].count, times);
		life_end(&l, false);
		wipe(w);
	}
}

/* How often a number of eight bytes is in it. */
static unsigned count_of(struct slice message, int64_t number)
{
	unsigned count = 0;
	size_t i;

	for (i = 0; i + sizeof number <= message.len; i++)
		count += memcmp(message.data + i, &number, sizeof number) == 0;
	return count;
}

static bool holds(struct slice message, int64_t number)
{
	return count_of(message, number) > 0;
}

/* What is in it: as many points as are booked, from the start until now, of all destinations, with
 * lull's resource behind the release. */
static void test_message(void **state)
{
	const struct payload *p;
	struct slice message;
	uint64_t alone;
	struct life l;

	life_open(&l, *state, 1, MB, MB);
	l.books.metrics = true;
	accept(&l, OTLP_LOGS, 77, 0);
	add(&l, true, 5 * NS_PER_S);
	alone = made(&l);
	p = payload_list_at(&l.store.staging[OTLP_METRICS], 0);
	message = bytes_slice(&p->message);
	assert_int_equal(otlp_count(OTLP_METRICS, message), alone);
	assert_int_equal(p->items, alone);
	assert_true(otlp_check(OTLP_METRICS, message).valid);
	assert_false(p->alone);
	assert_true(holds(message, l.books.started.real));
	assert_true(holds(message, l.books.started.real + 5 * NS_PER_S));
	/* Received, and held: a point each. */
	assert_true(holds(message, 77));
	assert_int_equal(p->arrived, l.books.started.mono + 5 * NS_PER_S);
	export_all(&l, 0);
	assert_int_equal(l.destinations[0].account[OTLP_METRICS].exported, alone);
	life_end(&l, false);

	life_open(&l, l.world, 2, MB, MB);
	l.books.metrics = true;
	add(&l, true, 1);
	assert_true(made(&l) > alone);
	life_end(&l, false);
}

/* Held is what was held before the message itself. */
static void test_held(void **state)
{
	struct slice message;
	struct life l;

	life_open(&l, *state, 1, MB, MB);
	l.books.metrics = true;
	accept(&l, OTLP_LOGS, 1000, 0);
	export_all(&l, 0);
	accept(&l, OTLP_LOGS, 3, 0);
	release_all(&l);
	assert_true(request_take(&l, 0, OTLP_LOGS));
	accept(&l, OTLP_LOGS, 4, 0);
	release_all(&l);
	accept(&l, OTLP_LOGS, 5, 0);
	add(&l, true, 1);
	message = bytes_slice(&payload_list_at(&l.store.staging[OTLP_METRICS], 0)->message);
	assert_true(holds(message, 1012));
	assert_true(holds(message, 1000));
	assert_true(holds(message, 12));
	assert_false(holds(message, 3) || holds(message, 4) || holds(message, 5));
	life_end(&l, false);

	/* Each destination has its own. */
	life_open(&l, l.world, 2, MB, MB);
	l.books.metrics = true;
	accept(&l, OTLP_LOGS, 1012, 0);
	export_all(&l, 0);
	accept(&l, OTLP_LOGS, 988, 0);
	add(&l, true, 1);
	message = bytes_slice(&payload_list_at(&l.store.staging[OTLP_METRICS], 0)->message);
	assert_int_equal(count_of(message, 2000), 3); /* received by both, held for one */
	assert_int_equal(count_of(message, 988), 1);
	assert_int_equal(count_of(message, 1012), 1);
	life_end(&l, false);
}

/* None that is not whole. */
static void test_without_memory(void **state)
{
	int *const counters[] = {&short_memory_at, &short_heap_at};
	struct world *w = *state;
	uint64_t whole = 0;
	unsigned lost = 0;
	size_t i;
	int at;

	for (i = 0; i < LENGTH(counters); i++) {
		for (at = 1; at < 100; at++) {
			struct ledger_account *account;
			struct life l;
			bool failed;

			life_open(&l, w, 2, MB, MB);
			account = &l.destinations[0].account[OTLP_METRICS];
			l.books.metrics = true;
			*counters[i] = at;
			add(&l, true, 1);
			failed = *counters[i] == 0;
			*counters[i] = 0;
			whole = failed ? whole : made(&l);
			lost += made(&l) == 0 || account->dropped[DROP_NO_MEMORY] == made(&l);
			life_end(&l, false);
			wipe(w);
			if (!failed)
				break;
		}
		assert_in_range(at, 2, 99);
	}
	assert_true(whole > 10 && lost >= 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_when),
		WITH_WORLD(test_message),
		WITH_WORLD(test_held),
		WITH_WORLD(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
