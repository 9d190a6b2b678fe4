/* SPDX-License-Identifier: Apache-2.0 */
/* Turns of the loop are told apart, however fast they follow each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "edges/readings.h"

struct world {
	struct event_base *base;
	struct readings readings;
	struct event first, second;
	uint64_t first_read, second_read;
	bool first_in_turn_of_second;
};

static void on_first(evutil_socket_t fd, short what, void *arg)
{
	struct world *w = arg;

	(void)fd;
	(void)what;
	w->first_read = readings_next(&w->readings);
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	struct world *w = arg;

	(void)fd;
	(void)what;
	w->second_read = readings_next(&w->readings);
	w->first_in_turn_of_second = readings_this_turn(&w->readings, w->first_read);
	assert_true(readings_this_turn(&w->readings, w->second_read));
	assert_true(w->second_read > w->first_read);
}

static int world_new(void **state)
{
	static struct world w;

	w = (struct world){.base = event_base_new()};
	readings_open(&w.readings, w.base);
	event_assign(&w.first, w.base, -1, 0, on_first, &w);
	event_assign(&w.second, w.base, -1, 0, on_second, &w);
	*state = &w;
	return 0;
}

static int world_free(void **state)
{
	struct world *w = *state;

	readings_close(&w->readings);
	event_base_free(w->base);
	return 0;
}

static void test_one_turn(void **state)
{
	struct world *w = *state;

	event_active(&w->first, EV_TIMEOUT, 1);
	event_active(&w->second, EV_TIMEOUT, 1);
	event_base_loop(w->base, EVLOOP_NONBLOCK);
	assert_true(w->first_in_turn_of_second);
	/* Between turns nobody is being heard. */
	assert_false(readings_this_turn(&w->readings, w->second_read));
}

static void test_two_turns(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 1000; i++) {
		event_active(&w->first, EV_TIMEOUT, 1);
		event_base_loop(w->base, EVLOOP_NONBLOCK);
		event_active(&w->second, EV_TIMEOUT, 1);
		event_base_loop(w->base, EVLOOP_NONBLOCK);
		assert_false(w->first_in_turn_of_second);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_turn, world_new, world_free),
		cmocka_unit_test_setup_teardown(test_two_turns, world_new, world_free),
	};

	return cmocka_run_group_tests_name("readings", tests, NULL, NULL);
}
