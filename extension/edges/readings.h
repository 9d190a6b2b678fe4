/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a server's connections was heard last, and which were heard in this turn of the loop.
 * Turns are counted, not timed: the loop's clock stands still for milliseconds, in which there may
 * be many. */
#ifndef EDGES_READINGS_H
#define EDGES_READINGS_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

struct readings {
	uint64_t count; /* so far */

	/* Private. */
	uint64_t before; /* this turn */
	struct event turn_end;
};

/* Counts from zero. *readings must not be moved until readings_close(). */
void readings_open(struct readings *readings, struct event_base *base);
void readings_close(struct readings *readings);

/* The number of this reading, which is greater than all before. For the callbacks of events. */
uint64_t readings_next(struct readings *readings);

/* Was that one in this turn of the loop? */
bool readings_this_turn(const struct readings *readings, uint64_t reading);

#endif
