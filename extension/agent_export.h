/* SPDX-License-Identifier: Apache-2.0 */
/* What goes out, and what is written of it: looked at once in a turn of the loop. Private to the
 * agent. */
#ifndef AGENT_EXPORT_H
#define AGENT_EXPORT_H

#include "agent_state.h"

/* Something has come, or is settled: a->work comes up in this turn. */
void agent_look(struct agent *a);

/* Data is about to be exported: lull's own goes with it, `all` with what is still asked for. What
 * will be said of that export waits for the next. */
void agent_gather(struct agent *a, bool all, struct now now);

/* Outside of a flush: exports what is due, and sees to it that a->due comes up for the next. */
void agent_export_due(struct agent *a, struct now now);

/* In one that agent_gather() and exporter_begin_flush() have begun. Returns whether it is over. */
bool agent_export_all(struct agent *a, enum export_effort effort, struct now now);

/* Writes into the books on disk what is settled: once for all of a turn, and not after the next
 * event was asked for. */
void agent_write_settled(struct agent *a);

#endif
