/* SPDX-License-Identifier: Apache-2.0 */
/* What lull consists of: the loop, the store, the spool, the exporter and what they need, made and
 * bound to each other. Private to the agent. */
#ifndef AGENT_PARTS_H
#define AGENT_PARTS_H

#include "agent_state.h"

/* Makes those of a->config and a->options. They tell nobody of anything yet. False where memory is
 * short. */
bool agent_make_parts(struct agent *a);

/* Frees all of the agent, its timers and what it listens with too. */
void agent_free_parts(struct agent *a);

#endif
