/* SPDX-License-Identifier: Apache-2.0 */
/* The life cycle's steps: what it says is carried out, and the ends of what it waits for are events
 * for it in turn. Private to the agent. */
#ifndef AGENT_STEP_H
#define AGENT_STEP_H

#include "agent_state.h"

/* The timers of these waits; false where memory is short. */
bool agent_make_waits(struct agent *a);

/* That has happened. May ask for the next event, or end the loop. */
void agent_step(struct agent *a, enum life_event event);

#endif
