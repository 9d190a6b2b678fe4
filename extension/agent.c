/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "domain/log_records.h"
#include "edges/lambda_api.h"
#include "edges/last_resort.h"
#include "edges/otlp_http.h"
#include "edges/telemetry_http.h"
#include "exporter.h"
#include "policy/flush.h"
#include "policy/lifecycle.h"

/* All half-received bodies together, and connections: a function has few. */
#define BODIES_LIMIT ((size_t)32 << 20)
#define CONNECTIONS 256

struct agent {
	const struct config *config;
	const struct agent_options *options;
	struct event_base *base;

	struct lambda_api *api;
	struct http_server *otlp, *telemetry;
	struct otlp_sink otlp_sink;
	struct telemetry_sink telemetry_sink;
	uint16_t telemetry_port;

	struct resource resource;
	struct destination destination;
	struct store store;
	struct exporter exporter;
	struct invocations invocations;

	enum life_state state;
	bool awaited;     /* ends of invocations are told and waited for */
	struct now asked; /* for the next event */
	bool subscribed;
	bool full_said;
	char request_id[REQUEST_ID_SIZE]; /* of the last INVOKE */
	int64_t deadline;                 /* mono, of it or of SHUTDOWN */
	struct event *work;               /* once a turn: what is to be exported now? */
	struct event *age;                /* the next time that data is old enough */
	struct event *brief;              /* the wait for platform.start, or for the last data */
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

static void on_age(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	look(ctx);
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
	step(a, a->state == LIFE_INVOKED ? LIFE_DEADLINE : LIFE_HELD_ENOUGH);
}

/* ---- What is to be done now ---- */

static bool flushing(const struct agent *a)
{
	return a->state == LIFE_FLUSHING || a->state == LIFE_LAST_FLUSH;
}

/* The Telemetry API hands on what it has after its time-out, so that only waiting shows whether
 * there is more: the last lines, and the report of the last invocation. */
static bool drained(const struct agent *a)
{
	return !a->subscribed && http_server_pending(a->otlp) == 0;
}

static void arm_age(struct agent *a, struct now now)
{
	int64_t at = flush_next_due(store_oldest(&a->store));

	/* Due and still here: it rests after a failure, or a request is under way, whose end will
	 * be told. */
	if (at <= now.mono)
		at = exporter_retry_at(&a->exporter);
	if (at == INT64_MAX)
		event_del(a->age);
	else if (at > now.mono)
		arm(a->age, now, at);
}

/* Once: the ledger counts them. */
static void say_full(struct agent *a)
{
	for (unsigned s = 0; s < OTLP_SIGNALS && !a->full_said; s++) {
		if (a->destination.account[s].dropped[DROP_BUFFER_FULL] == 0)
			continue;
		log_warn("the buffer is full and the oldest data is dropped: the backend takes too "
			 "little, or set LULL_BUFFER above %zu bytes",
			 a->store.limit);
		a->full_said = true;
	}
}

static void on_work(evutil_socket_t fd, short what, void *ctx)
{
	struct agent *a = ctx;
	struct now now = now_read();

	(void)fd;
	(void)what;
	say_full(a);
	if (a->state == LIFE_DRAINING && drained(a)) {
		step(a, LIFE_DRAINED);
	} else if (flushing(a)) {
		store_release(&a->store, &a->resource);
		exporter_start(&a->exporter, true, now);
		if (exporter_finished(&a->exporter))
			step(a, LIFE_FLUSHED);
	} else if (lifecycle_may_export(a->state, a->awaited)) {
		if (flush_due(now, store_oldest(&a->store), a->store.held, BATCH_BYTES)) {
			store_release(&a->store, &a->resource);
			exporter_start(&a->exporter, false, now);
		}
		arm_age(a, now);
	}
}

static void on_settled(void *ctx)
{
	look(ctx);
}

/* ---- The life cycle's actions ---- */

static void start_flush(struct agent *a, struct now now)
{
	event_del(a->brief);
	exporter_begin_flush(&a->exporter);
	arm(a->bound, now, flush_hold_until(now, a->deadline, a->config->flush_budget));
	look(a);
}

static void start_drain(struct agent *a, struct now now)
{
	arm(a->brief, now, now.mono + FLUSH_DRAIN_WAIT);
	arm(a->bound, now, flush_exit_at(now, a->deadline));
	look(a);
}

static void finish(struct agent *a)
{
	uint64_t held[OTLP_SIGNALS];
	struct bytes line = {0};

	store_drop_all(&a->store, DROP_SHUTDOWN);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		held[s] = store_held_items(&a->store, &a->destination, (enum otlp_signal)s);
	ledger_line(a->destination.account, held, &line);
	if (bytes_cstr(&line))
		log_raw(bytes_cstr(&line));
	bytes_free(&line);
	event_base_loopbreak(a->base);
}

static void go_lazy(struct agent *a)
{
	a->awaited = false;
	log_warn(
		"Lambda does not tell the ends of invocations here (no platform.start came); data is "
		"exported during later invocations and at SHUTDOWN");
}

static void subscribe(struct agent *a)
{
	/* Without a listener, which has been said, there is nothing to subscribe. */
	if (a->telemetry_port > 0)
		lambda_api_subscribe(a->api, a->telemetry_port);
	else
		step(a, LIFE_SUBSCRIBED);
}

static void act(struct agent *a, unsigned actions)
{
	struct now now = now_read();

	if (actions & ACT_REGISTER)
		lambda_api_register(a->api, a->options->name, a->options->managed_instances);
	if (actions & ACT_SUBSCRIBE)
		subscribe(a);
	if (actions & ACT_GOT_START)
		event_del(a->brief);
	if (actions & ACT_WAIT_START)
		arm(a->brief, now, now.mono + FLUSH_START_WAIT);
	if (actions & ACT_WAIT_DONE)
		arm(a->bound, now, a->deadline - FLUSH_BEFORE_DEADLINE);
	if (actions & ACT_LAZY)
		go_lazy(a);
	if (actions & ACT_FLUSH)
		start_flush(a, now);
	if (actions & ACT_DRAIN)
		start_drain(a, now);
	if (actions & ACT_PUT_BACK)
		exporter_put_back(&a->exporter, now);
	if (actions & ACT_LAST_FLUSH) {
		exporter_begin_flush(&a->exporter);
		look(a);
	}
	if (actions & ACT_NEXT) {
		event_del(a->brief);
		event_del(a->bound);
		event_del(a->age);
		a->asked = now;
		lambda_api_next(a->api);
		look(a);
	}
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
	a->awaited = accepted && !a->options->managed_instances;
	if (!accepted)
		log_warn(
			"Lambda's Telemetry API is not to be had here (status %u): no log lines of "
			"the function, and data is exported during later invocations and at SHUTDOWN",
			status);
	step(a, LIFE_SUBSCRIBED);
}

static void on_invoke(struct agent *a, const struct lambda_event *event)
{
	struct invocation *invocation = invocations_invoke(&a->invocations, event->request_id);

	snprintf(a->request_id, sizeof a->request_id, "%s", invocation->request_id);
	resource_add_arn(&a->resource, event->function_arn);
	step(a, a->awaited ? LIFE_INVOKE_END : LIFE_INVOKE_LAZY);
	/* The Telemetry API may have been faster. */
	if (invocation->started)
		step(a, LIFE_STARTED);
	if (invocation->done)
		step(a, LIFE_DONE);
	look(a);
}

static void on_lambda_event(void *ctx, const struct lambda_event *event)
{
	struct agent *a = ctx;
	struct now now = now_read();

	a->deadline = flush_deadline(now, event->deadline_ms);
	if (flush_distrusts(a->asked, now))
		transfers_distrust(a->exporter.transfers);
	if (event->type == LAMBDA_SHUTDOWN)
		step(a, LIFE_SHUTDOWN);
	else
		on_invoke(a, event);
}

/* ---- Data ---- */

static bool accept_otlp(void *ctx, enum otlp_signal signal, struct bytes *message,
			const struct otlp_verdict *verdict)
{
	struct agent *a = ctx;

	store_accept(&a->store, signal, message, verdict, now_read());
	look(a);
	return true;
}

struct telemetry_post {
	struct agent *agent;
	struct log_records records;
	struct now now;
};

static void platform_event(struct agent *a, const struct telemetry_event *event)
{
	struct invocation *invocation = invocations_event(&a->invocations, event);

	if (event->type == EVENT_INIT_START || event->type == EVENT_RESTORE_START)
		resource_add(&a->resource, "faas.instance", telemetry_string(event, "instanceId"));
	if (event->type == EVENT_LOGS_DROPPED)
		log_warn("Lambda dropped log lines before lull got them: %.*s",
			 (int)event->text.len, (const char *)event->text.data);
	if (!invocation || strcmp(invocation->request_id, a->request_id) != 0)
		return;
	if (event->type == EVENT_START)
		step(a, LIFE_STARTED);
	else if (event->type == EVENT_RUNTIME_DONE)
		step(a, LIFE_DONE);
}

static void on_telemetry_event(void *ctx, const struct telemetry_event *event)
{
	struct telemetry_post *post = ctx;
	struct agent *a = post->agent;

	if (event->type == EVENT_FUNCTION || event->type == EVENT_BROKEN)
		log_records_add(&post->records, event, invocations_current(&a->invocations),
				(uint64_t)post->now.real);
	else
		platform_event(a, event);
}

static void accept_telemetry(void *ctx, struct slice body)
{
	struct telemetry_post post = {.agent = ctx, .now = now_read()};
	struct agent *a = ctx;
	struct bytes message = {0};
	struct otlp_verdict verdict;
	size_t count;

	telemetry_each(body, on_telemetry_event, &post);
	count = post.records.count;
	verdict = (struct otlp_verdict){.valid = true, .items = count};
	if (log_records_finish(&post.records, &message))
		store_accept(&a->store, OTLP_LOGS, &message, &verdict, post.now);
	else
		store_lost(&a->store, OTLP_LOGS, count);
	bytes_free(&message);
	look(a);
}

/* ---- Ports ---- */

/* Another extension that may be the one who has the port: the likely ones lie beside us. */
static void other_extension(const struct agent *a, char *name, size_t size)
{
	DIR *folder = opendir(a->options->folder);
	struct dirent *entry;

	name[0] = 0;
	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, a->options->name) != 0)
			snprintf(name, size, "%s", entry->d_name);
	if (folder)
		closedir(folder);
}

static void say_taken(const struct agent *a, const char *address, int error)
{
	char other[256];

	other_extension(a, other, sizeof other);
	log_error(
		"cannot listen on %s:%u: %s%s%s; what the function sends there does not reach lull. "
		"Remove the other receiver, or set LULL_HTTP_PORT and "
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:PORT",
		address, a->config->http_port, strerror(error),
		other[0] ? ", likely taken by the extension " : "", other);
}

static void listen_otlp(struct agent *a)
{
	static const char *const addresses[] = {"127.0.0.1", "::1"};

	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
		int port = http_server_listen(a->otlp, addresses[i], a->config->http_port);

		/* A sandbox without IPv6 is fine. */
		if (port < 0 && (i == 0 || port == -EADDRINUSE))
			say_taken(a, addresses[i], -port);
	}
}

static void listen_telemetry(struct agent *a)
{
	int port = http_server_listen(a->telemetry, "0.0.0.0", 0);

	if (port > 0)
		a->telemetry_port = (uint16_t)port;
	else
		log_error("cannot listen for the Telemetry API: %s; going on without it",
			  strerror(-port));
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
	a->age = evtimer_new(a->base, on_age, a);
	a->brief = evtimer_new(a->base, on_brief, a);
	a->bound = evtimer_new(a->base, on_bound, a);
	return a->work && a->age && a->brief && a->bound;
}

static bool make_servers(struct agent *a)
{
	static const struct http_limits limits = {
		.body = OTLP_BODY_LIMIT,
		.bodies = BODIES_LIMIT,
		.connections = CONNECTIONS,
	};
	struct http_handler otlp, telemetry;

	a->otlp_sink = (struct otlp_sink){accept_otlp, a};
	a->telemetry_sink = (struct telemetry_sink){accept_telemetry, a};
	otlp = otlp_http_handler(&a->otlp_sink);
	telemetry = telemetry_http_handler(&a->telemetry_sink);
	a->otlp = http_server_new(a->base, &limits, &otlp);
	a->telemetry = http_server_new(a->base, &limits, &telemetry);
	return a->otlp && a->telemetry;
}

static bool make(struct agent *a)
{
	const struct lambda_api_handler handler = {on_registered, on_subscribed, on_lambda_event,
						   a};
	struct event_config *settings = event_config_new();
	struct transfers *transfers;
	char layer[512];

	event_set_fatal_callback(on_libevent_fatal);
	if (!settings)
		return false;
	event_config_set_flag(settings, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	a->base = event_base_new_with_config(settings);
	event_config_free(settings);
	if (!a->base || !make_timers(a) || !make_servers(a))
		return false;
	a->api = lambda_api_new(a->base, a->options->runtime_api, &handler);
	a->destination.settings = a->config->export;
	a->store = (struct store){
		.destinations = &a->destination,
		.destination_count = 1,
		.limit = a->config->buffer,
	};
	snprintf(layer, sizeof layer, "%s/..", a->options->folder);
	transfers = transfers_new(a->base, layer, a->config->http_port);
	if (!a->api || !exporter_init(&a->exporter, transfers, &a->store))
		return false;
	a->exporter.settled = on_settled;
	a->exporter.ctx = a;
	a->invocations.concurrent = a->options->managed_instances;
	return true;
}

static void unmake(struct agent *a)
{
	http_server_free(a->otlp);
	http_server_free(a->telemetry);
	lambda_api_free(a->api);
	exporter_free(&a->exporter);
	store_free(&a->store);
	destination_free(&a->destination);
	resource_free(&a->resource);
	event_free(a->work);
	event_free(a->age);
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
	if (!resource_init(&a->resource, config, options->environment))
		log_warn(
			"OTEL_RESOURCE_ATTRIBUTES cannot be read: write key=value,key=value with %%XX "
			"for special characters; it is ignored");
	listen_otlp(a);
	listen_telemetry(a);
	step(a, LIFE_START);
	event_base_dispatch(a->base);
	if (a->state != LIFE_ENDED)
		last_resort_enter("lull's event loop ended");
	unmake(a);
}
