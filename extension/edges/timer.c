/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/timer.h"

bool timer_in(struct event *timer, int64_t ns)
{
	struct timeval t = {.tv_sec = ns / NS_PER_S, .tv_usec = ns % NS_PER_S / 1000};

	return event_add(timer, &t) == 0;
}

bool timer_at(struct event *timer, struct now now, int64_t at)
{
	return timer_in(timer, at > now.mono ? at - now.mono : 0);
}
