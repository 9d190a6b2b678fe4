/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/flush.h"

#define DAY (INT64_C(24) * 3600 * NS_PER_S)
#define LONGEST_INVOCATION (INT64_C(15) * 60 * NS_PER_S)

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A time without end stays one. */
static int64_t later(int64_t at, int64_t by)
{
	int64_t sum;

	return __builtin_add_overflow(at, by, &sum) ? INT64_MAX : sum;
}

int64_t flush_deadline(struct now now, int64_t deadline_ms)
{
	int64_t left;

	if (deadline_ms <= 0 || __builtin_mul_overflow(deadline_ms, NS_PER_MS, &left) ||
	    __builtin_sub_overflow(left, now.real, &left) || left > DAY)
		left = LONGEST_INVOCATION;
	return now.mono + (left > 0 ? left : 0);
}

int64_t flush_shutdown_deadline(struct now now, int64_t deadline_ms)
{
	int64_t at = flush_deadline(now, deadline_ms);

	return at - now.mono > 10 * NS_PER_S ? now.mono + 2 * NS_PER_S : at;
}

int64_t flush_near(struct now now, int64_t deadline, int64_t before)
{
	int64_t half = now.mono + (deadline - now.mono) / 2;

	return deadline - before > half ? deadline - before : half;
}

int64_t flush_hold_until(struct now now, int64_t deadline, int64_t budget)
{
	return smaller(later(now.mono, budget), deadline - FLUSH_MARGIN);
}

int64_t flush_exit_at(struct now now, int64_t deadline)
{
	int64_t at = deadline - FLUSH_EXIT_MARGIN;

	return at > now.mono ? at : now.mono;
}

int64_t flush_last_redial_at(struct now now, int64_t deadline)
{
	return now.mono + (flush_exit_at(now, deadline) - now.mono) / 2;
}

bool flush_distrusts(struct now before, struct now after)
{
	return now_gap(before, after) >= FLUSH_DISTRUST;
}

bool flush_awaits_end(const struct flush_view *view)
{
	if (!view->told || view->mode == FLUSH_LAZY)
		return false;
	return view->mode == FLUSH_END || view->interrupted || !cadence_near(view->cadence);
}

int64_t flush_due_at(const struct flush_waiting *waiting, enum flush_pace pace, int64_t age)
{
	int64_t gathered, spaced = later(waiting->last_request, FLUSH_SPACING);

	if (waiting->oldest == INT64_MAX)
		return INT64_MAX;
	if (waiting->bytes >= FLUSH_GATHER_BATCHES * FLUSH_BATCH)
		return INT64_MIN;
	gathered = smaller(later(waiting->newest, FLUSH_GATHER),
			   later(waiting->oldest, FLUSH_GATHER_LONGEST));
	if (waiting->bytes >= FLUSH_BATCH)
		return gathered;
	if (pace == FLUSH_BY_AGE)
		return later(waiting->oldest, age);
	return gathered > spaced ? gathered : spaced;
}
