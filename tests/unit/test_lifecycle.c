/* SPDX-License-Identifier: Apache-2.0 */
/* Every cell of the table, and what must hold of all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/lifecycle.h"

struct expected {
	enum life_state from;
	enum life_event event;
	enum life_state to;
	unsigned actions;
};

/* All that does something; every other event leaves every state, without actions. */
static const struct expected table[] = {
	{LIFE_BORN, LIFE_START, LIFE_REGISTERING, ACT_REGISTER},
	{LIFE_REGISTERING, LIFE_REGISTERED, LIFE_SUBSCRIBING, ACT_SUBSCRIBE},
	{LIFE_SUBSCRIBING, LIFE_SUBSCRIBED, LIFE_WAITING, ACT_NEXT},
	{LIFE_WAITING, LIFE_INVOKE_END, LIFE_INVOKED, ACT_WAIT_START | ACT_WAIT_DONE},
	{LIFE_WAITING, LIFE_INVOKE_LAZY, LIFE_WAITING, ACT_NEXT | ACT_WATCH},
	{LIFE_WAITING, LIFE_DONE, LIFE_WAITING, ACT_UNWATCH},
	{LIFE_WAITING, LIFE_DEADLINE, LIFE_WAITING, ACT_URGE},
	{LIFE_WAITING, LIFE_SHUTDOWN, LIFE_DRAINING, ACT_DRAIN},
	{LIFE_WAITING, LIFE_NOT_STARTED, LIFE_WAITING, ACT_LAZY},
	{LIFE_INVOKED, LIFE_STARTED, LIFE_INVOKED, ACT_GOT_START},
	{LIFE_INVOKED, LIFE_DONE, LIFE_FLUSHING, ACT_FLUSH},
	{LIFE_INVOKED, LIFE_NOT_STARTED, LIFE_WAITING, ACT_LAZY | ACT_NEXT | ACT_WATCH},
	{LIFE_INVOKED, LIFE_DEADLINE, LIFE_FLUSHING, ACT_FLUSH | ACT_URGE},
	{LIFE_FLUSHING, LIFE_FLUSHED, LIFE_WAITING, ACT_END_FLUSH | ACT_NEXT},
	{LIFE_FLUSHING, LIFE_HELD_ENOUGH, LIFE_WAITING, ACT_END_FLUSH | ACT_NEXT},
	{LIFE_DRAINING, LIFE_DRAINED, LIFE_LAST_FLUSH, ACT_LAST_FLUSH},
	{LIFE_DRAINING, LIFE_HELD_ENOUGH, LIFE_ENDED, ACT_END_FLUSH | ACT_EXIT},
	{LIFE_LAST_FLUSH, LIFE_FLUSHED, LIFE_ENDED, ACT_EXIT},
	{LIFE_LAST_FLUSH, LIFE_HELD_ENOUGH, LIFE_ENDED, ACT_END_FLUSH | ACT_EXIT},
};

#define FOR_CELLS(state, event)                                                                    \
	for (enum life_state state = 0; state < LIFE_STATES; state++)                              \
		for (enum life_event event = 0; event < LIFE_EVENTS; event++)

static void test_every_cell(void **unused)
{
	(void)unused;
	assert_int_equal(LIFE_ENDED + 1, LIFE_STATES);
	assert_int_equal(LIFE_DRAINED + 1, LIFE_EVENTS);
	FOR_CELLS(state, event)
	{
		struct life_step step = lifecycle_step(state, event);
		struct expected want = {state, event, state, 0};
		size_t i;

		for (i = 0; i < sizeof table / sizeof table[0]; i++)
			if (table[i].from == state && table[i].event == event)
				want = table[i];
		if (step.state != want.to || step.actions != want.actions)
			fail_msg("state %d, event %d: to %d with 0x%x", state, event, step.state,
				 step.actions);
	}
}

/* Lambda takes an extension that exits early for a crash: only SHUTDOWN leads there. */
static void test_no_exit_before_shutdown(void **unused)
{
	bool reached[LIFE_STATES] = {[LIFE_BORN] = true};
	int round;

	(void)unused;
	for (round = 0; round < LIFE_STATES; round++) {
		FOR_CELLS(state, event)
		{
			struct life_step step = lifecycle_step(state, event);

			if (!reached[state] || event == LIFE_SHUTDOWN)
				continue;
			assert_false(step.actions & ACT_EXIT);
			assert_int_not_equal(step.state, LIFE_ENDED);
			reached[step.state] = true;
		}
	}
	assert_true(reached[LIFE_FLUSHING]);
	FOR_CELLS(state, event)
	{
		struct life_step step = lifecycle_step(state, event);

		assert_int_equal((step.actions & ACT_EXIT) != 0,
				 step.state == LIFE_ENDED && state != LIFE_ENDED);
	}
}

/* /next is asked for once on every way into it: Lambda refuses the second, and without any the
 * function is held until its time-out. */
static void test_next(void **unused)
{
	(void)unused;
	FOR_CELLS(state, event)
	{
		struct life_step step = lifecycle_step(state, event);
		bool enters = step.state == LIFE_WAITING && state != LIFE_WAITING;
		bool again = state == LIFE_WAITING && event == LIFE_INVOKE_LAZY;

		assert_int_equal((step.actions & ACT_NEXT) != 0, enters || again);
	}
}

/* Whatever is waited for comes, or its bound does. */
static void test_bounds(void **unused)
{
	static const struct {
		enum life_state state;
		unsigned bound;        /* set when it is entered */
		enum life_event over;  /* told when the bound is over: leaves */
		enum life_state until; /* whose bound it is, where it is another's */
	} waits[] = {
		{LIFE_INVOKED, ACT_WAIT_START, LIFE_NOT_STARTED, LIFE_INVOKED},
		{LIFE_INVOKED, ACT_WAIT_DONE, LIFE_DEADLINE, LIFE_INVOKED},
		{LIFE_FLUSHING, ACT_FLUSH, LIFE_HELD_ENOUGH, LIFE_FLUSHING},
		{LIFE_DRAINING, ACT_DRAIN, LIFE_HELD_ENOUGH, LIFE_DRAINING},
		{LIFE_LAST_FLUSH, ACT_LAST_FLUSH, LIFE_HELD_ENOUGH, LIFE_DRAINING},
	};
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		assert_int_not_equal(lifecycle_step(waits[i].state, waits[i].over).state,
				     waits[i].state);
		FOR_CELLS(state, event)
		{
			struct life_step step = lifecycle_step(state, event);

			if (step.state != waits[i].state || state == waits[i].state)
				continue;
			assert_true(step.actions & waits[i].bound);
			/* The last flush has what is left of the drain's. */
			if (waits[i].until != waits[i].state)
				assert_int_equal(state, waits[i].until);
		}
	}
	/* The last wait of the drain also ends by itself. */
	assert_int_equal(lifecycle_step(LIFE_DRAINING, LIFE_DRAINED).state, LIFE_LAST_FLUSH);
}

/* Nothing that a flush began is in flight where the environment may freeze or ends. */
static void test_end_flush(void **unused)
{
	(void)unused;
	FOR_CELLS(state, event)
	{
		struct life_step step = lifecycle_step(state, event);
		bool flushing = state == LIFE_FLUSHING || state == LIFE_DRAINING ||
				state == LIFE_LAST_FLUSH;
		bool leaves = step.state == LIFE_WAITING || step.state == LIFE_ENDED;
		/* The last flush is over when nothing is in flight. */
		bool clean = state == LIFE_LAST_FLUSH && event == LIFE_FLUSHED;

		assert_int_equal((step.actions & ACT_END_FLUSH) != 0,
				 flushing && leaves && !clean && step.state != state);
	}
	/* Actions are carried out in the order of their values. */
	assert_true(ACT_END_FLUSH < ACT_NEXT && ACT_LAZY < ACT_NEXT && ACT_END_FLUSH < ACT_EXIT);
	assert_true(ACT_GOT_START < ACT_WAIT_START);
	/* Asking for the next event ends all waits: those of this invocation begin after it. */
	assert_true(ACT_NEXT < ACT_WATCH && ACT_FLUSH < ACT_URGE);
}

/* Also an invocation whose end is not waited for is watched until its deadline. */
static void test_watch(void **unused)
{
	(void)unused;
	FOR_CELLS(state, event)
	{
		struct life_step step = lifecycle_step(state, event);
		bool lazily = event == LIFE_INVOKE_LAZY || event == LIFE_NOT_STARTED;

		assert_int_equal((step.actions & ACT_WATCH) != 0,
				 lazily && (step.actions & ACT_NEXT) != 0);
		assert_int_equal((step.actions & ACT_URGE) != 0,
				 event == LIFE_DEADLINE && step.actions != 0);
	}
}

static void test_may_export(void **unused)
{
	static const struct {
		bool in_front, background;
	} cases[LIFE_STATES] = {
		[LIFE_WAITING] = {false, true},
		[LIFE_INVOKED] = {true, true},
	};
	enum life_state state;

	(void)unused;
	for (state = 0; state < LIFE_STATES; state++) {
		assert_int_equal(lifecycle_may_export(state, false), cases[state].in_front);
		assert_int_equal(lifecycle_may_export(state, true), cases[state].background);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell), cmocka_unit_test(test_no_exit_before_shutdown),
		cmocka_unit_test(test_next),       cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_end_flush),  cmocka_unit_test(test_watch),
		cmocka_unit_test(test_may_export),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
