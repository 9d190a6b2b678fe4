/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "books.h"
#include "domain/config_destination.h"
#include "domain/config_env.h"
#include "domain/sdk_signs.h"
#include "edges/lambda_api.h"
#include "edges/last_resort.h"
#include "edges/random.h"
#include "edges/transfer_random.h"
#include "exporter.h"
#include "hints.h"
#include "intake.h"
#include "overflow.h"
#include "platform.h"
#include "policy/cadence.h"
#include "policy/flush.h"
#include "policy/lifecycle.h"
#include "self_logs.h"

struct agent {
	const struct config *config;
	const struct agent_options *options;
	struct event_base *base;

	struct lambda_api *api;
	struct intake intake;
	uint16_t telemetry_port;

	struct resource resource;
	struct destination destinations[CONFIG_DESTINATIONS];
	struct store store;
	struct spool *spool;
	struct overflow overflow;
	struct books books;
	struct exporter exporter;
	struct invocations invocations;
	struct platform platform;
	struct hints hints;
	struct cadence cadence;

	enum life_state state;
	bool told;       /* Lambda tells the ends of invocations here */
	bool subscribed; /* telemetry comes */
	bool heard;      /* it has, and with it what the resource lacks */
	bool background; /* the end of this invocation is not waited for: see lifecycle_may_export() */
	bool urgent;     /* all is to be exported now, whatever failed before */
	bool cut_short; /* the deadline left less than the budget to this flush */
	bool settled;   /* what is not in the books on disk yet */
	bool last_life; /* SHUTDOWN said that the environment ends */
	bool snapshot; /* this process goes into one; the next event is of an environment that has no
			  * name yet, and until then nothing leaves: there may be many of them */
	bool restored;   /* from it */
	struct now idle; /* since when: the next event was asked for, or the handler was done */
	char request_id[REQUEST_ID_SIZE]; /* of the last INVOKE */
	char missed[REQUEST_ID_SIZE];     /* its end was waited for until its deadline; or empty */
	int64_t deadline;                 /* mono, of it or of SHUTDOWN */
	struct event *work;               /* once a turn: what is to be exported now? */
	struct event *due;                /* the same, the next time that data is due */
	struct event *brief;              /* the wait for platform.start, or for the last data */
	struct event *beat;               /* an invocation runs: the environment is not idle */
	struct event *bound;              /* what may not be exceeded: deadline, budget, end */
};

static void step(struct agent *a, enum life_event event);

/* ---- Timers ---- */

static void arm(struct event *timer, struct now now, int64_t at)
{
	int64_t left = at > now.mono ? at - now.mono : 0;
	struct timeval t = {.tv_sec = left / NS_PER_S, .tv_usec = left % NS_PER_S / 1000};

	event_add(timer, &t);
}

static void look(struct agent *a)
{
	event_active(a->work, EV_TIMEOUT, 0);
}

static void on_brief(evutil_socket_t fd, short what, void *ctx)
{
	struct agent *a = ctx;

	(void)fd;
	(void)what;
	step(a, a->state == LIFE_DRAINING ? LIFE_DRAINED : LIFE_NOT_STARTED);
}

static void on_bound(evutil_socket_t fd, short what, void *ctx)
{
	struct agent *a = ctx;

	(void)fd;
	(void)what;
	/* A freeze held the timer up: that invocation is over. */
	if (a->state == LIFE_WAITING && now_read().mono >= a->deadline)
		return;
	step(a, a->state == LIFE_INVOKED || a->state == LIFE_WAITING ? LIFE_DEADLINE
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
	arm(a->beat, now, now.mono + FLUSH_BEAT);
}

/* ---- What is to be done now ---- */

/* The Telemetry API hands on what it has after its time-out, so that only waiting shows whether
 * there is more: the last lines, and the report of the last invocation. */
static bool drained(const struct agent *a)
{
	return !a->subscribed && intake_pending(&a->intake) == 0;
}

static void make_room(struct agent *a)
{
	overflow_make_room(&a->overflow, intake_held(&a->intake));
}

static void arm_due(struct agent *a, struct now now, int64_t at)
{
	if (at == INT64_MAX)
		event_del(a->due);
	else
		arm(a->due, now, at);
}

/* Data is about to be exported: lull's own goes with it. What will be said of that export waits for
 * the next. */
static void gather(struct agent *a, bool all, struct now now)
{
	platform_flush(&a->platform, all, now);
	self_logs_flush(&a->store, now);
}

static void export_due(struct agent *a, struct now now)
{
	bool known = a->heard || !a->subscribed;
	int64_t lines, at;
	enum flush_pace pace = a->state == LIFE_INVOKED && known ? FLUSH_AT_ONCE : FLUSH_BY_AGE;

	/* Else INVOKE is the occasion. */
	if (a->options->managed_instances) {
		books_add_metrics(&a->books, false, now);
		gather(a, false, now);
	}
	lines = store_let_go(&a->store, false, now);
	at = exporter_start_due(&a->exporter, pace, a->config->flush.age, now);
	arm_due(a, now, lines < at ? lines : at);
}

/* Returns whether it is over. */
static bool export_all(struct agent *a, enum export_effort effort, struct now now)
{
	int64_t again;
	bool over;

	store_let_go(&a->store, true, now);
	over = exporter_flush(&a->exporter, effort, now, &again);

	arm_due(a, now, again);
	return over;
}

/* Once for all of a turn, and not after the next event was asked for. */
static void write_settled(struct agent *a)
{
	if (a->settled)
		books_write(&a->books);
	a->settled = false;
}

static void on_work(evutil_socket_t fd, short what, void *ctx)
{
	struct agent *a = ctx;
	struct now now = now_read();
	bool over = false;

	(void)fd;
	(void)what;
	write_settled(a);
	/* Again in the next turn of the loop: what has come in by then is answered before. */
	if (overflow_make_room_ahead(&a->overflow, intake_held(&a->intake)))
		arm(a->work, now, now.mono);
	if (a->state == LIFE_LAST_FLUSH || a->urgent)
		over = export_all(a, EXPORT_LAST, now);
	else if (a->state == LIFE_FLUSHING)
		over = export_all(a, EXPORT_FLUSH, now);
	else if (!a->snapshot && lifecycle_may_export(a->state, a->background))
		export_due(a, now);
	if (a->state == LIFE_DRAINING && drained(a))
		step(a, LIFE_DRAINED);
	if (!over)
		return;
	if (a->state == LIFE_WAITING)
		look(a);
	a->urgent = false;
	step(a, LIFE_FLUSHED);
}

static void on_settled(void *ctx)
{
	struct agent *a = ctx;

	a->settled = true;
	look(a);
}

/* ---- The life cycle's actions ---- */

static void start_flush(struct agent *a, struct now now)
{
	event_del(a->brief);
	event_del(a->due);
	gather(a, false, now);
	exporter_begin_flush(&a->exporter);
	a->cut_short = flush_hold_until(now, a->deadline, a->config->flush_budget) <
		       flush_hold_until(now, INT64_MAX, a->config->flush_budget);
	arm(a->bound, now, flush_hold_until(now, a->deadline, a->config->flush_budget));
	look(a);
}

static void start_drain(struct agent *a, struct now now)
{
	event_del(a->due);
	event_del(a->beat);
	a->urgent = false;
	arm(a->brief, now, now.mono + FLUSH_DRAIN_WAIT);
	arm(a->bound, now, flush_exit_at(now, a->deadline));
	look(a);
}

static void start_last_flush(struct agent *a, struct now now)
{
	books_add_metrics(&a->books, true, now);
	gather(a, true, now);
	exporter_begin_flush(&a->exporter);
	look(a);
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
	write_settled(a);
	lambda_api_next(a->api);
	if (!a->books.open) {
		books_open(&a->books);
		exporter_connect(&a->exporter);
	}
	look(a);
}

static void subscribe(struct agent *a)
{
	/* Without a listener, which has been said, there is nothing to subscribe. */
	if (a->telemetry_port > 0)
		lambda_api_subscribe(a->api, a->telemetry_port, a->config->function_logs);
	else
		step(a, LIFE_SUBSCRIBED);
}

/* The waits of an invocation, and their ends. */
static void act_on_waits(struct agent *a, unsigned actions, struct now now)
{
	int64_t near = flush_near(now, a->deadline, a->config->flush_before_deadline);

	if (actions & ACT_GOT_START)
		event_del(a->brief);
	if (actions & ACT_WAIT_START)
		arm(a->brief, now, now.mono + FLUSH_START_WAIT);
	if (actions & (ACT_WAIT_DONE | ACT_WATCH))
		arm(a->bound, now, near);
	if (actions & ACT_WATCH)
		arm(a->beat, now, now.mono + FLUSH_BEAT);
	if (actions & ACT_UNWATCH) {
		event_del(a->bound);
		event_del(a->beat);
	}
	if (actions & ACT_URGE) {
		platform_near_deadline(&a->platform, a->request_id);
		gather(a, false, now);
		exporter_begin_flush(&a->exporter);
		a->urgent = true;
		/* Its end is not waited for any more. */
		a->background = true;
		if (a->state == LIFE_FLUSHING)
			memcpy(a->missed, a->request_id, sizeof a->missed);
		look(a);
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

static void step(struct agent *a, enum life_event event)
{
	struct life_step next = lifecycle_step(a->state, event);

	a->state = next.state;
	act(a, next.actions);
}

/* ---- Lambda ---- */

static void on_registered(void *ctx, struct slice account_id)
{
	struct agent *a = ctx;

	resource_add(&a->resource, "cloud.account.id", account_id);
	step(a, LIFE_REGISTERED);
}

static void on_subscribed(void *ctx, bool accepted, unsigned status)
{
	struct agent *a = ctx;

	a->subscribed = accepted;
	a->told = accepted && !a->options->managed_instances;
	/* In `end` the environment may be frozen whenever the next event is waited for. */
	a->background = !a->told || a->config->flush.mode == FLUSH_LAZY;
	if (!accepted)
		log_warn(
			"Lambda's Telemetry API is not to be had here (status %u): no log lines of "
			"the function, and data is exported during later invocations and at SHUTDOWN",
			status);
	step(a, LIFE_SUBSCRIBED);
}

/* platform.start of this request came. Was the end of one before, which was waited for in vain,
 * told by now? Telemetry comes in order, but later than INVOKE. */
static void started(struct agent *a)
{
	const struct invocation *last = invocations_find(&a->invocations, slice_str(a->missed));
	bool lost = a->missed[0] && a->told && !(last && last->done);

	a->missed[0] = 0;
	step(a, lost ? LIFE_NOT_STARTED : LIFE_STARTED);
}

static bool awaits_end(const struct agent *a, struct now now)
{
	const struct flush_view view = {
		.mode = a->config->flush.mode,
		.told = a->told,
		.interrupted = exporter_interrupted(&a->exporter, now),
		.cadence = &a->cadence,
	};

	return flush_awaits_end(&view);
}

/* Where Lambda does not tell the ends of invocations the next one ends the one before. */
static void end_untold(struct agent *a, struct now now)
{
	const struct invocation *last = invocations_find(&a->invocations, slice_str(a->request_id));

	if (!a->told && last && !last->done)
		hints_ended(&a->hints, last, now);
}

static void on_invoke(struct agent *a, const struct lambda_event *event, struct now now)
{
	struct invocation *invocation;

	a->urgent = false;
	end_untold(a, now);
	cadence_invoke(&a->cadence, now_gap(a->idle, now));
	invocation = invocations_invoke(&a->invocations, event->request_id, event->trace_header,
					(uint64_t)now.real);
	snprintf(a->request_id, sizeof a->request_id, "%s", invocation->request_id);
	resource_add_arn(&a->resource, event->function_arn);
	books_add_metrics(&a->books, false, now);
	a->background = !awaits_end(a, now);
	if (a->background)
		gather(a, false, now);
	step(a, a->background ? LIFE_INVOKE_LAZY : LIFE_INVOKE_END);
	/* The Telemetry API may have been faster. */
	if (invocation->started)
		started(a);
	if (invocation->done)
		step(a, LIFE_DONE);
	look(a);
}

/* Each environment is an instance of its own, and so is each that is restored from a snapshot. */
static void name_instance(struct agent *a)
{
	char uuid[RANDOM_UUID];

	random_uuid(uuid);
	resource_renew(&a->resource, "service.instance.id", slice_str(uuid));
}

/* A restored snapshot is another environment, somewhere else: none of its connections is alive, and what
 * it counts it counts from now on. Lambda does not say so itself: the platform tells it later than the
 * first event may come. */
static void restored(struct agent *a, struct now now)
{
	a->snapshot = false;
	a->restored = true;
	name_instance(a);
	transfer_random_renew();
	exporter_thaw(&a->exporter, now.mono + FLUSH_REDIAL);
	platform_restored(&a->platform, now);
	a->books.started = now;
}

/* The environment ends for good, as it does after some minutes without an invocation; after a
 * time-out or a crash it is only reset, and its disk stays. */
static bool is_spindown(struct slice reason)
{
	return reason.len == 8 && strncasecmp((const char *)reason.data, "spindown", 8) == 0;
}

static void on_lambda_event(void *ctx, const struct lambda_event *event)
{
	struct agent *a = ctx;
	struct now now = now_read();
	bool thawed;

	if (a->snapshot)
		restored(a, now);
	a->deadline = event->type == LAMBDA_SHUTDOWN
			      ? flush_shutdown_deadline(now, event->deadline_ms)
			      : flush_deadline(now, event->deadline_ms);
	/* Managed Instances are never frozen. */
	thawed = !a->options->managed_instances && flush_distrusts(a->idle, now);
	if (thawed)
		exporter_thaw(&a->exporter, now.mono + FLUSH_REDIAL);
	if (event->type == LAMBDA_INVOKE) {
		on_invoke(a, event, now);
		return;
	}
	/* There is no later try: none on a connection that may be dead, however short the freeze was. */
	if (!thawed)
		exporter_thaw(&a->exporter, flush_last_redial_at(now, a->deadline));
	a->last_life = is_spindown(event->reason);
	platform_shutdown(&a->platform, event->reason);
	step(a, LIFE_SHUTDOWN);
}

/* ---- What comes in ---- */

/* The books are on disk before the sender is answered. */
static void on_accepted(void *ctx)
{
	struct agent *a = ctx;

	make_room(a);
	books_write(&a->books);
	look(a);
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
	step(a, LIFE_DONE);
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
		restored(a, now_read());
	if (invocation && event->type == ends(a))
		hints_ended(&a->hints, invocation, now_read());
	if (!invocation || strcmp(invocation->request_id, a->request_id) != 0)
		return;
	if (event->type == EVENT_START)
		started(a);
	else if (event->type == EVENT_RUNTIME_DONE)
		runtime_done(a, event);
}

/* ---- All of it ---- */

static void on_libevent_fatal(int error)
{
	(void)error;
	last_resort_enter("lull's event loop failed");
}

static bool make_timers(struct agent *a)
{
	a->work = evtimer_new(a->base, on_work, a);
	a->due = evtimer_new(a->base, on_work, a);
	a->beat = evtimer_new(a->base, on_beat, a);
	a->brief = evtimer_new(a->base, on_brief, a);
	a->bound = evtimer_new(a->base, on_bound, a);
	return a->work && a->due && a->beat && a->brief && a->bound;
}

static bool make_intake(struct agent *a)
{
	a->invocations.concurrent = a->options->managed_instances;
	a->invocations.correlate = correlate_new(&a->config->correlate_keys);
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

static void make_store(struct agent *a)
{
	const struct config *config = a->config;

	for (unsigned i = 0; i < config->destination_count; i++)
		a->destinations[i] = (struct destination){
			.number = i,
			.name = config->destinations[i].name,
			.key = config_destination_key(config->destinations[i].name),
			.settings = config->destinations[i].export,
		};
	a->store = (struct store){
		.invocations = &a->invocations,
		.destinations = a->destinations,
		.destination_count = config->destination_count,
		.limit = config->buffer,
	};
	memcpy(a->store.off, config->off, sizeof a->store.off);
}

static bool make_export(struct agent *a)
{
	struct transfers *transfers;
	char layer[512];

	make_store(a);
	a->spool = spool_new(a->config->spool_folder, a->config->spool);
	a->overflow =
		(struct overflow){.store = &a->store, .spool = a->spool, .resource = &a->resource};
	a->books = (struct books){
		.store = &a->store,
		.spool = a->spool,
		.metrics = a->config->self_metrics,
		.started = now_read(),
	};
	a->platform = (struct platform){
		.config = a->config,
		.store = &a->store,
		.invocations = &a->invocations,
		.function = slice_str(
			config_env(a->options->environment, "AWS_LAMBDA_FUNCTION_NAME")),
		.initialization = slice_str(a->options->initialization),
		.runtime_api = a->options->runtime_api,
	};
	platform_init(&a->platform, a->books.started);
	snprintf(layer, sizeof layer, "%s/..", a->options->folder);
	transfers = transfers_new(a->base, layer, a->config);
	if (!a->spool || !exporter_init(&a->exporter, transfers, a->spool, &a->store, &a->resource))
		return false;
	a->exporter.settled = on_settled;
	a->exporter.ctx = a;
	return true;
}

static bool make(struct agent *a)
{
	const struct lambda_api_handler handler = {on_registered, on_subscribed, on_lambda_event,
						   a};
	struct event_config *settings = event_config_new();

	event_set_fatal_callback(on_libevent_fatal);
	if (!settings)
		return false;
	event_config_set_flag(settings, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	a->base = event_base_new_with_config(settings);
	event_config_free(settings);
	if (!a->base || !make_timers(a) || !make_intake(a))
		return false;
	a->api = lambda_api_new(a->base, a->options->runtime_api, &handler);
	if (!a->api || !make_export(a))
		return false;
	return true;
}

static void unmake(struct agent *a)
{
	intake_free(&a->intake);
	platform_free(&a->platform);
	correlate_free(a->invocations.correlate);
	lambda_api_free(a->api);
	exporter_free(&a->exporter);
	spool_free(a->spool);
	store_free(&a->store);
	for (unsigned i = 0; i < a->config->destination_count; i++)
		destination_free(&a->destinations[i]);
	resource_free(&a->resource);
	event_free(a->work);
	event_free(a->due);
	event_free(a->beat);
	event_free(a->brief);
	event_free(a->bound);
	event_base_free(a->base);
}

void agent_run(const struct config *config, const struct agent_options *options)
{
	static struct agent agent;
	struct agent *a = &agent;

	*a = (struct agent){.config = config, .options = options};
	if (!make(a))
		last_resort_enter("lull has no memory to start with");
	a->snapshot = slice_is(slice_str(options->initialization), "snap-start");
	a->invocations.sdk = sdk_signs_in(options->environment);
	hints_init(&a->hints, config, options->environment);
	if (!resource_init(&a->resource, config, options->environment))
		log_warn(
			"OTEL_RESOURCE_ATTRIBUTES cannot be read: write key=value,key=value with %%XX "
			"for special characters; it is ignored");
	if (!a->snapshot)
		name_instance(a);
	a->telemetry_port = intake_listen(&a->intake, options->folder, options->name);
	step(a, LIFE_START);
	event_base_dispatch(a->base);
	if (a->state != LIFE_ENDED)
		last_resort_enter("lull's event loop ended");
	unmake(a);
}
