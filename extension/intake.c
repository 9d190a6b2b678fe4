/* SPDX-License-Identifier: Apache-2.0 */
#include "intake.h"

#include "base/log.h"
#include "domain/join_values.h"
#include "domain/log_records.h"
#include "ports.h"

#define CONNECTIONS 256 /* a function has few */

/* A post is at most twice the 256 KiB of our subscription, and a record more. */
#define TELEMETRY_BODY_LIMIT ((size_t)4 << 20)

static bool accept_otlp(void *ctx, enum otlp_signal signal, struct bytes *message,
			const struct otlp_verdict *verdict)
{
	struct intake *in = ctx;
	struct last_span last;

	in->invocations->sdk = true;
	if (signal == OTLP_TRACES) {
		last = join_see_spans(in->invocations, bytes_slice(message));
		in->last_span(in->ctx, &last);
	}
	if (signal == OTLP_LOGS)
		join_see_records(in->invocations, bytes_slice(message));
	in->otlp(in->ctx, signal, bytes_slice(message));
	store_accept(in->store, signal, message, verdict, now_read());
	in->accepted(in->ctx);
	return true;
}

struct telemetry_post {
	struct intake *intake;
	struct log_records records;
	struct now now;
};

static void platform_event(struct intake *in, const struct telemetry_event *event)
{
	struct invocation *invocation = invocations_event(in->invocations, event);

	if (invocation)
		join_see_event(in->invocations, invocation);
	if (event->type == EVENT_INIT_START || event->type == EVENT_RESTORE_START)
		resource_renew(in->resource, "faas.instance",
			       telemetry_string(event, "instanceId"));
	if (event->type == EVENT_LOGS_DROPPED)
		log_warn("Lambda dropped log lines before lull got them: %.*s",
			 (int)event->text.len, (const char *)event->text.data);
	in->platform(in->ctx, event, invocation);
}

/* What it says is noted at once: the platform's word behind it may be what a span is made of. */
static void add_line(struct telemetry_post *post, const struct telemetry_event *event)
{
	size_t before = post->records.count;

	log_records_add(&post->records, event, (uint64_t)post->now.real);
	if (post->records.count > before && post->intake->invocations->correlate)
		join_see_line(post->intake->invocations, log_records_last(&post->records));
}

static void on_telemetry_event(void *ctx, const struct telemetry_event *event)
{
	struct telemetry_post *post = ctx;
	struct intake *in = post->intake;

	if (event->type == EVENT_FUNCTION)
		in->line(in->ctx, event, invocations_current(in->invocations));
	if (event->type == EVENT_FUNCTION || event->type == EVENT_BROKEN)
		add_line(post, event);
	else
		platform_event(in, event);
}

static void accept_telemetry(void *ctx, struct slice body)
{
	struct intake *in = ctx;
	struct telemetry_post post = {
		.intake = in,
		.records = {.invocations = in->invocations,
			    .parse_json = in->config->parse_json_logs,
			    .least = (Otlp__SeverityNumber)in->config->function_log_level},
		.now = now_read(),
	};
	struct bytes message = {0};
	struct otlp_verdict verdict;
	size_t count;

	telemetry_each(body, on_telemetry_event, &post);
	count = post.records.count;
	store_filtered(in->store, OTLP_LOGS, post.records.filtered);
	verdict = (struct otlp_verdict){.valid = true, .items = count};
	if (log_records_finish(&post.records, &message))
		store_accept_lines(in->store, &message, &verdict, post.now);
	else
		store_lost(in->store, OTLP_LOGS, count);
	bytes_free(&message);
	in->accepted(in->ctx);
}

static void body_grew(void *ctx)
{
	struct intake *in = ctx;

	in->grew(in->ctx);
}

bool intake_init(struct intake *in, struct event_base *base)
{
	const size_t buffer = in->config->buffer;
	const struct http_limits limits = {
		.body = otlp_body_limit(buffer),
		.bodies = buffer / 2,
		.connections = CONNECTIONS,
	};
	const struct http_limits telemetry_limits = {
		.body = TELEMETRY_BODY_LIMIT,
		.bodies = 2 * TELEMETRY_BODY_LIMIT,
		.connections = CONNECTIONS,
	};
	struct http_handler otlp, telemetry;

	in->otlp_sink = (struct otlp_sink){
		.accept = accept_otlp,
		.grew = body_grew,
		.limit = limits.body,
		.ctx = in,
	};
	in->telemetry_sink =
		(struct telemetry_sink){.accept = accept_telemetry, .grew = body_grew, .ctx = in};
	otlp = otlp_http_handler(&in->otlp_sink);
	telemetry = telemetry_http_handler(&in->telemetry_sink);
	in->http = http_server_new(base, &limits, &otlp);
	in->grpc = grpc_server_new(base, &limits, &in->otlp_sink);
	in->telemetry = http_server_new(base, &telemetry_limits, &telemetry);
	return in->http && in->grpc && in->telemetry;
}

void intake_free(struct intake *in)
{
	http_server_free(in->http);
	grpc_server_free(in->grpc);
	http_server_free(in->telemetry);
}

static int listen_http(void *server, const char *address, uint16_t port)
{
	return http_server_listen(server, address, port);
}

static int listen_grpc(void *server, const char *address, uint16_t port)
{
	return grpc_server_listen(server, address, port);
}

uint16_t intake_listen(struct intake *in, const char *folder, const char *name)
{
	const struct ports_receiver receivers[] = {
		{"LULL_HTTP_PORT", in->config->http_port, listen_http, in->http},
		{"LULL_GRPC_PORT", in->config->grpc_port, listen_grpc, in->grpc},
	};

	for (size_t i = 0; i < sizeof(receivers) / sizeof(receivers[0]); i++)
		ports_listen_otlp(&receivers[i], folder, name);
	return ports_listen_telemetry(in->telemetry);
}

unsigned intake_pending(const struct intake *in)
{
	return http_server_pending(in->http) + grpc_server_pending(in->grpc);
}

size_t intake_held(const struct intake *in)
{
	return http_server_held(in->http) + grpc_server_held(in->grpc) +
	       http_server_held(in->telemetry);
}
