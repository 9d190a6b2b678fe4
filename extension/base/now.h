/* SPDX-License-Identifier: Apache-2.0 */
/* One reading of the clocks, taken once a turn of the loop and passed as a value: policy never
 * asks for the time, so that tests can say what time it is. */
#ifndef BASE_NOW_H
#define BASE_NOW_H

#include <stdint.h>

/* Nanoseconds. `mono` stands still while the machine is suspended, `boot` does not: a freeze of
 * the environment shows in both as a jump between two readings, a suspended one only in `boot`.
 * `real` is the time of day since 1970 and may be set back. */
struct now {
	int64_t mono;
	int64_t boot;
	int64_t real;
};

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

struct now now_read(void);

/* How much time has passed, a freeze or a restored snapshot between the two included: by whichever
 * clock went furthest. At least 0. */
int64_t now_gap(struct now before, struct now after);

#endif
