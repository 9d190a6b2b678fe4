/* SPDX-License-Identifier: Apache-2.0 */
/* How far the invocations of this environment are apart, and what that says of the next one: the
 * rule of LULL_FLUSH=adaptive. Pure. */
#ifndef POLICY_CADENCE_H
#define POLICY_CADENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/now.h"

/* The longest of so many gaps is what the next one is expected to be: a mean would forget the
 * pauses in which a frozen process holds its data. */
#define CADENCE_GAPS 4
/* Up to here the next invocation is near: its data may as well wait for it. */
#define CADENCE_NEAR (5 * NS_PER_S)

/* {0} knows nothing yet. */
struct cadence {
	int64_t gaps[CADENCE_GAPS];
	unsigned count; /* ever told */
	bool begun;     /* there was an invocation */
};

/* An invocation begins, that long (nanoseconds) after the one before was done. Before the first one
 * that is the time since the initialization and no gap: an environment may be made long ahead. */
void cadence_invoke(struct cadence *cadence, int64_t gap);

/* Is the next invocation likely near? Not before CADENCE_GAPS gaps are known. */
bool cadence_near(const struct cadence *cadence);

#endif
