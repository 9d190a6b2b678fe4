/* SPDX-License-Identifier: Apache-2.0 */
/* What the failures of one signal of one destination mean for the time to come: when it is tried
 * again, and which invocations may be held for that. Pure. */
#ifndef POLICY_CIRCUIT_H
#define POLICY_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/now.h"

/* {0} is closed: all is well. */
struct circuit {
	unsigned failures; /* in a row; 0: closed */
	unsigned cuts;     /* probes since then that were cut: they count for the pauses alone */
	int64_t retry_at;  /* mono; open: no request before */
	unsigned spared;   /* invocations since the last failure that were not held */
	bool off;          /* the backend has no such signal: no request ever again */
};

/* May a request be begun? Where the circuit is open that is the one probe. */
bool circuit_admits(const struct circuit *circuit, struct now now);

/* May an invocation be held for a request? Always where the circuit is closed. Where it is open
 * only after a number of invocations that were not held (four after the first failure, then eight),
 * so that a dead backend costs the median invocation nothing, however far apart they are. */
bool circuit_holds(const struct circuit *circuit);

/* An invocation has ended that was not held for it although there was something to send. */
void circuit_spared(struct circuit *circuit);

/* A request failed for now: not again for `pause` nanoseconds. */
void circuit_failed(struct circuit *circuit, struct now now, int64_t pause);

/* How many requests in a row came to nothing, this one included: what the pause after it grows
 * with. */
unsigned circuit_attempts(const struct circuit *circuit);

/* A probe was cut because nobody waited for it: no failure that holds invocations off for longer,
 * but not again for `pause` nanoseconds. Nothing where the circuit is closed. */
void circuit_cut(struct circuit *circuit, struct now now, int64_t pause);

/* A request was answered, be it by a refusal of what was in it. */
void circuit_answered(struct circuit *circuit);

#endif
