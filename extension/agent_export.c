/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_export.h"

#include "edges/timer.h"
#include "self_logs.h"

void agent_look(struct agent *a)
{
	event_active(a->work, EV_TIMEOUT, 0);
}

void agent_gather(struct agent *a, bool all, struct now now)
{
	platform_flush(&a->platform, all, now);
	self_logs_flush(&a->store, now);
}

static void look_again(struct agent *a, struct now now, int64_t at)
{
	if (at == INT64_MAX)
		event_del(a->due);
	else
		timer_at(a->due, now, at);
}

void agent_export_due(struct agent *a, struct now now)
{
	bool known = a->heard || !a->subscribed;
	int64_t lines, at;
	enum flush_pace pace = a->state == LIFE_INVOKED && known ? FLUSH_AT_ONCE : FLUSH_BY_AGE;

	/* Else INVOKE is the occasion. */
	if (a->options->managed_instances) {
		books_add_metrics(&a->books, false, now);
		agent_gather(a, false, now);
	}
	lines = store_let_go(&a->store, false, now);
	at = exporter_start_due(&a->exporter, pace, a->config->flush.age, now);
	look_again(a, now, lines < at ? lines : at);
}

bool agent_export_all(struct agent *a, enum export_effort effort, struct now now)
{
	int64_t again;
	bool over;

	store_let_go(&a->store, true, now);
	over = exporter_flush(&a->exporter, effort, now, &again);
	look_again(a, now, again);
	return over;
}

void agent_write_settled(struct agent *a)
{
	if (a->settled)
		books_write(&a->books);
	a->settled = false;
}
