/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/readings.h"

static void on_turn_end(evutil_socket_t fd, short what, void *arg)
{
	struct readings *readings = arg;

	(void)fd;
	(void)what;
	readings->before = readings->count;
}

void readings_open(struct readings *readings, struct event_base *base)
{
	*readings = (struct readings){0};
	event_assign(&readings->turn_end, base, -1, 0, on_turn_end, readings);
}

void readings_close(struct readings *readings)
{
	event_del(&readings->turn_end);
}

uint64_t readings_next(struct readings *readings)
{
	/* It comes up behind all that was found ready in this turn. */
	if (readings->count == readings->before)
		event_active(&readings->turn_end, EV_TIMEOUT, 1);
	return ++readings->count;
}

bool readings_this_turn(const struct readings *readings, uint64_t reading)
{
	return reading > readings->before;
}
