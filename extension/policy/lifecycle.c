/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lifecycle.h"

#include <stdint.h>

struct cell {
	bool set; /* the others leave the state */
	uint16_t actions;
	uint8_t state;
};

/* clang-format off: a table reads best as one */
#define TO(to, does)                                                                               \
	{                                                                                          \
		.set = true, .state = (to), .actions = (does)                                      \
	}

static const struct cell table[LIFE_STATES][LIFE_EVENTS] = {
	[LIFE_BORN] =
		{
			[LIFE_START] = TO(LIFE_REGISTERING, ACT_REGISTER),
		},
	[LIFE_REGISTERING] =
		{
			[LIFE_REGISTERED] = TO(LIFE_SUBSCRIBING, ACT_SUBSCRIBE),
		},
	[LIFE_SUBSCRIBING] =
		{
			[LIFE_SUBSCRIBED] = TO(LIFE_WAITING, ACT_NEXT),
		},
	[LIFE_WAITING] =
		{
			[LIFE_INVOKE_END] = TO(LIFE_INVOKED, ACT_WAIT_START | ACT_WAIT_DONE),
			[LIFE_INVOKE_LAZY] = TO(LIFE_WAITING, ACT_NEXT | ACT_WATCH),
			[LIFE_DONE] = TO(LIFE_WAITING, ACT_UNWATCH),
			[LIFE_NOT_STARTED] = TO(LIFE_WAITING, ACT_LAZY),
			/* Its environment may be about to be reset. */
			[LIFE_DEADLINE] = TO(LIFE_WAITING, ACT_URGE),
			[LIFE_SHUTDOWN] = TO(LIFE_DRAINING, ACT_DRAIN),
		},
	[LIFE_INVOKED] =
		{
			[LIFE_STARTED] = TO(LIFE_INVOKED, ACT_GOT_START),
			[LIFE_DONE] = TO(LIFE_FLUSHING, ACT_FLUSH),
			[LIFE_NOT_STARTED] = TO(LIFE_WAITING, ACT_LAZY | ACT_NEXT | ACT_WATCH),
			/* As above. */
			[LIFE_DEADLINE] = TO(LIFE_FLUSHING, ACT_FLUSH | ACT_URGE),
		},
	[LIFE_FLUSHING] =
		{
			[LIFE_FLUSHED] = TO(LIFE_WAITING, ACT_END_FLUSH | ACT_NEXT),
			[LIFE_HELD_ENOUGH] = TO(LIFE_WAITING, ACT_END_FLUSH | ACT_NEXT),
		},
	[LIFE_DRAINING] =
		{
			[LIFE_DRAINED] = TO(LIFE_LAST_FLUSH, ACT_LAST_FLUSH),
			[LIFE_HELD_ENOUGH] = TO(LIFE_ENDED, ACT_END_FLUSH | ACT_EXIT),
		},
	[LIFE_LAST_FLUSH] =
		{
			[LIFE_FLUSHED] = TO(LIFE_ENDED, ACT_EXIT),
			[LIFE_HELD_ENOUGH] = TO(LIFE_ENDED, ACT_END_FLUSH | ACT_EXIT),
		},
};
/* clang-format on */

struct life_step lifecycle_step(enum life_state state, enum life_event event)
{
	const struct cell *cell = &table[state][event];

	if (!cell->set)
		return (struct life_step){state, 0};
	return (struct life_step){(enum life_state)cell->state, cell->actions};
}

bool lifecycle_may_export(enum life_state state, bool background)
{
	return state == LIFE_INVOKED || (state == LIFE_WAITING && background);
}
