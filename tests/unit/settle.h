/* SPDX-License-Identifier: Apache-2.0 */
/* A batch settled by what a test says of it in few words. */
#ifndef TESTS_UNIT_SETTLE_H
#define TESTS_UNIT_SETTLE_H

#include "policy/destination.h"

/* Where it is to be sent later, that is a failure, and the next try is in a second. */
static inline void settle(struct destination *d, struct batch *batch, enum verdict verdict,
			  uint64_t rejected, struct now now)
{
	const struct outcome outcome = {
		.verdict = verdict,
		.rejected = rejected,
		.pause = verdict == VERDICT_LATER ? NS_PER_S : 0,
	};

	destination_settle(d, batch, &outcome, now);
}

#endif
