/* SPDX-License-Identifier: Apache-2.0 */
/* When to export, and how long an invocation may be held for it. Pure: all times are given, in
 * nanoseconds on the monotonic clock unless said otherwise. */
#ifndef POLICY_FLUSH_H
#define POLICY_FLUSH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/now.h"

/* platform.start is told within this time, or nothing will be. */
#define FLUSH_START_WAIT (200 * NS_PER_MS)
/* So long before its deadline a running invocation's data is exported. */
#define FLUSH_BEFORE_DEADLINE (200 * NS_PER_MS)
/* So long before its deadline an invocation is let go in any case. */
#define FLUSH_MARGIN (50 * NS_PER_MS)
/* So long before the end of the environment lull is gone. */
#define FLUSH_EXIT_MARGIN (100 * NS_PER_MS)
/* The last telemetry is waited for this long at SHUTDOWN: the 25 ms of our subscription and a
 * delivery; platform.report was seen after 5 ms, at most 40. */
#define FLUSH_DRAIN_WAIT (40 * NS_PER_MS)
/* Outside of a flush data is exported when it is this old, or a batch is full. */
#define FLUSH_AGE NS_PER_S

/* A thaw after so long is to connections that may be dead: backends close idle ones after some
 * seconds, and their saying so does not reach a frozen environment. */
#define FLUSH_DISTRUST NS_PER_S

/* May the environment have been frozen for so long between two readings? */
bool flush_distrusts(struct now before, struct now after);

/* A deadline as Lambda gives it (milliseconds since 1970) on the monotonic clock. A deadline that
 * is 0 or absurd (more than a day away) is taken as `now` plus 15 minutes. */
int64_t flush_deadline(struct now now, int64_t deadline_ms);

/* Until when a flush may hold the invocation. */
int64_t flush_hold_until(struct now now, int64_t deadline, int64_t budget);

/* Until when SHUTDOWN may take; FLUSH_EXIT_MARGIN before the deadline. */
int64_t flush_exit_at(struct now now, int64_t deadline);

/* Is it time to export outside of a flush? `oldest` is the arrival of the oldest that waits,
 * INT64_MAX if nothing; `bytes` is how much waits; `batch` the size of a full batch. */
bool flush_due(struct now now, int64_t oldest, size_t bytes, size_t batch);

/* When to ask flush_due() again if nothing comes; INT64_MAX: no need. */
int64_t flush_next_due(int64_t oldest);

#endif
