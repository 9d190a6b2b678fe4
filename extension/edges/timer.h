/* SPDX-License-Identifier: Apache-2.0 */
/* libevent's timers in the nanoseconds of struct now. */
#ifndef EDGES_TIMER_H
#define EDGES_TIMER_H

#include <event2/event.h>
#include <stdbool.h>

#include "base/now.h"

/* It comes up once, `ns` from now, and not when it was to come up before. False where memory is
 * short. */
bool timer_in(struct event *timer, int64_t ns);

/* As that, at `at` (mono); where that has passed, in the next turn of the loop. */
bool timer_at(struct event *timer, struct now now, int64_t at);

#endif
