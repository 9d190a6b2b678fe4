/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_step.h"

#include <string.h>

#include "agent_export.h"
#include "base/log.h"
#include "edges/timer.h"
#include "policy/flush.h"

/* ---- Actions ---- */

static void start_flush(struct agent *a, struct now now)
{
	event_del(a->brief);
	event_del(a->due);
	agent_gather(a, false, now);
	exporter_begin_flush(&a->exporter);
	a->cut_short = flush_hold_until(now, a->deadline, a->config->flush_budget) <
		       flush_hold_until(now, INT64_MAX, a->config->flush_budget);
	timer_at(a->bound, now, flush_hold_until(now, a->deadline, a->config->flush_budget));
	agent_look(a);
}

static void start_drain(struct agent *a, struct now now)
{
	event_del(a->due);
	event_del(a->beat);
	a->urgent = false;
	timer_in(a->brief, FLUSH_DRAIN_WAIT);
	timer_at(a->bound, now, flush_exit_at(now, a->deadline));
	agent_look(a);
}

static void start_last_flush(struct agent *a, struct now now)
{
	books_add_metrics(&a->books, true, now);
	agent_gather(a, true, now);
	exporter_begin_flush(&a->exporter);
	agent_look(a);
}

static void finish(struct agent *a)
{
	overflow_end(&a->overflow, !a->last_life);
	books_close(&a->books);
	event_base_loopbreak(a->base);
}

static void go_lazy(struct agent *a)
{
	a->told = false;
	a->background = true;
	log_warn("Lambda does not tell the ends of invocations here (no platform.start or "
		 "platform.runtimeDone came); data is exported during later invocations and at "
		 "SHUTDOWN");
}

/* The first time nothing more stands before the function: what takes time begins now. */
static void ask_next(struct agent *a, struct now now)
{
	event_del(a->brief);
	event_del(a->bound);
	event_del(a->due);
	event_del(a->beat);
	a->idle = now;
	a->urgent = false;
	agent_write_settled(a);
	lambda_api_next(a->api);
	if (!a->books.open) {
		books_open(&a->books);
		exporter_connect(&a->exporter);
	}
	agent_look(a);
}

static void subscribe(struct agent *a)
{
	/* Without a listener, which has been said, there is nothing to subscribe. */
	if (a->telemetry_port > 0)
		lambda_api_subscribe(a->api, a->telemetry_port, a->config->function_logs);
	else
		agent_step(a, LIFE_SUBSCRIBED);
}

/* The waits of an invocation, and their ends. */
static void act_on_waits(struct agent *a, unsigned actions, struct now now)
{
	int64_t near = flush_near(now, a->deadline, a->config->flush_before_deadline);

	if (actions & ACT_GOT_START)
		event_del(a->brief);
	if (actions & ACT_WAIT_START)
		timer_in(a->brief, FLUSH_START_WAIT);
	if (actions & (ACT_WAIT_DONE | ACT_WATCH))
		timer_at(a->bound, now, near);
	if (actions & ACT_WATCH)
		timer_in(a->beat, FLUSH_BEAT);
	if (actions & ACT_UNWATCH) {
		event_del(a->bound);
		event_del(a->beat);
	}
	if (actions & ACT_URGE) {
		platform_near_deadline(&a->platform, a->request_id);
		agent_gather(a, false, now);
		exporter_begin_flush(&a->exporter);
		a->urgent = true;
		/* Its end is not waited for any more. */
		a->background = true;
		if (a->state == LIFE_FLUSHING)
			memcpy(a->missed, a->request_id, sizeof a->missed);
		agent_look(a);
	}
}

static void act(struct agent *a, unsigned actions)
{
	struct now now = now_read();

	if (actions & ACT_REGISTER)
		lambda_api_register(a->api, a->options->name, a->options->managed_instances);
	if (actions & ACT_SUBSCRIBE)
		subscribe(a);
	if (actions & ACT_LAZY)
		go_lazy(a);
	if (actions & ACT_FLUSH)
		start_flush(a, now);
	if (actions & ACT_DRAIN)
		start_drain(a, now);
	if (actions & ACT_END_FLUSH)
		exporter_end_flush(&a->exporter, !a->cut_short, now);
	if (actions & ACT_LAST_FLUSH)
		start_last_flush(a, now);
	if (actions & ACT_NEXT)
		ask_next(a, now);
	act_on_waits(a, actions, now);
	if (actions & ACT_EXIT)
		finish(a);
}

void agent_step(struct agent *a, enum life_event event)
{
	struct life_step next = lifecycle_step(a->state, event);

	a->state = next.state;
	act(a, next.actions);
}

/* ---- The ends of waits ---- */

static void on_brief(evutil_socket_t fd, short what, void *ctx)
{
	struct agent *a = ctx;

	(void)fd;
	(void)what;
	agent_step(a, a->state == LIFE_DRAINING ? LIFE_DRAINED : LIFE_NOT_STARTED);
}

static void on_bound(evutil_socket_t fd, short what, void *ctx)
{
	struct agent *a = ctx;

	(void)fd;
	(void)what;
	/* A freeze held the timer up: that invocation is over. */
	if (a->state == LIFE_WAITING && now_read().mono >= a->deadline)
		return;
	agent_step(a, a->state == LIFE_INVOKED || a->state == LIFE_WAITING ? LIFE_DEADLINE
									   : LIFE_HELD_ENOUGH);
}

static void on_beat(evutil_socket_t fd, short what, void *ctx)
{
	struct agent *a = ctx;
	struct now now = now_read();

	(void)fd;
	(void)what;
	/* Held up by a freeze: since before that it was idle. */
	if (flush_distrusts(a->idle, now))
		return;
	a->idle = now;
	timer_in(a->beat, FLUSH_BEAT);
}

bool agent_make_waits(struct agent *a)
{
	a->beat = evtimer_new(a->base, on_beat, a);
	a->brief = evtimer_new(a->base, on_brief, a);
	a->bound = evtimer_new(a->base, on_bound, a);
	return a->beat && a->brief && a->bound;
}
