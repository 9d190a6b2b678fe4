/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/flush.h"

#define DAY (INT64_C(24) * 3600 * NS_PER_S)
#define LONGEST_INVOCATION (INT64_C(15) * 60 * NS_PER_S)

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t flush_deadline(struct now now, int64_t deadline_ms)
{
	int64_t left;

	if (deadline_ms <= 0 || __builtin_mul_overflow(deadline_ms, NS_PER_MS, &left) ||
	    __builtin_sub_overflow(left, now.real, &left) || left > DAY)
		left = LONGEST_INVOCATION;
	return now.mono + (left > 0 ? left : 0);
}

int64_t flush_hold_until(struct now now, int64_t deadline, int64_t budget)
{
	int64_t until;

	/* A budget without end: there is the deadline. */
	if (__builtin_add_overflow(now.mono, budget, &until))
		until = INT64_MAX;
	return smaller(until, deadline - FLUSH_MARGIN);
}

int64_t flush_exit_at(struct now now, int64_t deadline)
{
	int64_t at = deadline - FLUSH_EXIT_MARGIN;

	return at > now.mono ? at : now.mono;
}

bool flush_distrusts(struct now before, struct now after)
{
	return after.boot - before.boot >= FLUSH_DISTRUST;
}

bool flush_due(struct now now, int64_t oldest, size_t bytes, size_t batch)
{
	return oldest != INT64_MAX && (bytes >= batch || now.mono - oldest >= FLUSH_AGE);
}

int64_t flush_next_due(int64_t oldest)
{
	return oldest == INT64_MAX ? INT64_MAX : oldest + FLUSH_AGE;
}
