/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <sched.h>
#include <string.h>

#include "agent_export.h"
#include "agent_lambda.h"
#include "agent_parts.h"
#include "agent_step.h"
#include "base/log.h"
#include "base/spare.h"
#include "domain/sdk_signs.h"
#include "edges/last_resort.h"
#include "edges/timer.h"

/* ---- The work of a turn ---- */

/* The Telemetry API hands on what it has after its time-out, so that only waiting shows whether
 * there is more: the last lines, and the report of the last invocation. */
static bool drained(const struct agent *a)
{
	return !a->subscribed && intake_pending(&a->intake) == 0;
}

/* A sender often sleeps on the very core that we run on, and has the answer only when we no longer
 * do: he goes first. Where nobody waits this costs nothing. */
static void let_sender_go_first(struct agent *a)
{
	if (a->answered)
		sched_yield();
	a->answered = false;
}

static void work(struct agent *a)
{
	struct now now = now_read();
	bool over = false;

	agent_write_settled(a);
	/* Again in the next turn of the loop: what has come in by then is answered before. */
	if (overflow_make_room_ahead(&a->overflow, intake_held(&a->intake)))
		timer_in(a->work, 0);
	if (a->state == LIFE_LAST_FLUSH || a->urgent)
		over = agent_export_all(a, EXPORT_LAST, now);
	else if (a->state == LIFE_FLUSHING)
		over = agent_export_all(a, EXPORT_FLUSH, now);
	else if (!a->snapshot && lifecycle_may_export(a->state, a->background))
		agent_export_due(a, now);
	if (a->state == LIFE_DRAINING && drained(a))
		agent_step(a, LIFE_DRAINED);
	if (!over)
		return;
	if (a->state == LIFE_WAITING)
		agent_look(a);
	a->urgent = false;
	agent_step(a, LIFE_FLUSHED);
}

static void on_work(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	let_sender_go_first(ctx);
	work(ctx);
	spare_prepare();
}

static void on_settled(void *ctx)
{
	struct agent *a = ctx;

	a->settled = true;
	agent_look(a);
}

/* ---- What comes in ---- */

static void make_room(struct agent *a)
{
	overflow_make_room(&a->overflow, intake_held(&a->intake));
}

/* The books are on disk before the sender is answered. */
static void on_accepted(void *ctx)
{
	struct agent *a = ctx;

	make_room(a);
	books_write(&a->books);
	agent_look(a);
}

static void on_grown(void *ctx)
{
	make_room(ctx);
}

/* Told late, perhaps after a freeze: the environment is idle since the platform says so. */
static void runtime_done(struct agent *a, const struct telemetry_event *event)
{
	struct now now = now_read();
	int64_t ago = now.real - (int64_t)event->time_unix_nano;

	if (event->time_unix_nano == 0 || ago < 0)
		ago = 0;
	if (ago <= now_gap(a->idle, now))
		a->idle = (struct now){now.mono - ago, now.boot - ago, now.real - ago};
	agent_step(a, LIFE_DONE);
}

static void on_line(void *ctx, const struct telemetry_event *event,
		    const struct invocation *invocation)
{
	struct agent *a = ctx;

	platform_line(&a->platform, event, invocation);
	hints_line(&a->hints, event->text);
}

static void on_otlp(void *ctx, enum otlp_signal signal, struct slice request)
{
	struct agent *a = ctx;

	hints_otlp(&a->hints, signal, request);
	a->answered = true;
}

static void on_last_span(void *ctx, const struct last_span *last)
{
	struct agent *a = ctx;

	tracing_last_span(&a->platform.tracing, last);
}

/* Which event tells the end of an invocation here. */
static enum event_type ends(const struct agent *a)
{
	return a->options->managed_instances ? EVENT_REPORT : EVENT_RUNTIME_DONE;
}

static void on_platform(void *ctx, const struct telemetry_event *event,
			const struct invocation *invocation)
{
	struct agent *a = ctx;

	a->heard = true;
	platform_event(&a->platform, event, invocation);
	if (event->type == EVENT_RESTORE_START && !a->restored)
		agent_restored(a, now_read());
	if (invocation && event->type == ends(a))
		hints_ended(&a->hints, invocation, now_read());
	if (!invocation || strcmp(invocation->request_id, a->request_id) != 0)
		return;
	if (event->type == EVENT_START)
		agent_started(a);
	else if (event->type == EVENT_RUNTIME_DONE)
		runtime_done(a, event);
}

/* ---- All of it ---- */

static bool make_intake(struct agent *a)
{
	a->intake = (struct intake){
		.config = a->config,
		.store = &a->store,
		.resource = &a->resource,
		.invocations = &a->invocations,
		.accepted = on_accepted,
		.grew = on_grown,
		.platform = on_platform,
		.line = on_line,
		.otlp = on_otlp,
		.last_span = on_last_span,
		.ctx = a,
	};
	return intake_init(&a->intake, a->base);
}

/* What happens arrives in this file, in agent_lambda.c, or where a wait ends: in agent_step.c. */
static bool wire(struct agent *a)
{
	const struct lambda_api_handler handler = agent_lambda_handler(a);

	a->exporter.settled = on_settled;
	a->exporter.ctx = a;
	a->work = evtimer_new(a->base, on_work, a);
	a->due = evtimer_new(a->base, on_work, a);
	if (!a->work || !a->due || !agent_make_waits(a) || !make_intake(a))
		return false;
	a->api = lambda_api_new(a->base, a->options->runtime_api, &handler);
	return a->api != NULL;
}

void agent_run(const struct config *config, const struct agent_options *options)
{
	static struct agent agent;
	struct agent *a = &agent;

	*a = (struct agent){.config = config, .options = options};
	if (!agent_make_parts(a) || !wire(a))
		last_resort_enter("lull has no memory to start with");
	a->snapshot = slice_is(slice_str(options->initialization), "snap-start");
	a->invocations.sdk = sdk_signs_in(options->environment);
	hints_init(&a->hints, config, options->environment);
	if (!resource_init(&a->resource, config, options->environment))
		log_warn(
			"OTEL_RESOURCE_ATTRIBUTES cannot be read: write key=value,key=value with %%XX "
			"for special characters; it is ignored");
	if (!a->snapshot)
		agent_name_instance(a);
	a->telemetry_port = intake_listen(&a->intake, options->folder, options->name);
	agent_step(a, LIFE_START);
	event_base_dispatch(a->base);
	if (a->state != LIFE_ENDED)
		last_resort_enter("lull's event loop ended");
	agent_free_parts(a);
}
