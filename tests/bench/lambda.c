/* SPDX-License-Identifier: Apache-2.0 */
#include "lambda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IDENTIFIER "5b8d2a52-0f4c-4c33-9c3e-6a3f6f0f8a11"

/* ---- The APIs ---- */

static bool is(const struct http_request *request, const char *line)
{
	return strncmp(request->head, line, strlen(line)) == 0;
}

/* The port and the path in the URI that the subscription names. */
static void subscribe(struct lambda *lambda, const struct http_request *request)
{
	const char *uri = strstr(request->body, "http://sandbox");
	const char *colon = uri ? strchr(uri + strlen("http://"), ':') : NULL;
	char *end;

	if (!colon)
		die("the subscription names no port: %.*s", (int)request->body_len, request->body);
	lambda->telemetry_port = (uint16_t)strtoul(colon + 1, &end, 10);
	snprintf(lambda->telemetry_path, sizeof lambda->telemetry_path, "%s%.*s",
		 *end == '/' ? "" : "/", (int)strcspn(end, "\""), end);
}

static void on_api(void *ctx, struct http_peer *peer, const struct http_request *request)
{
	struct lambda *lambda = ctx;

	if (is(request, "GET /2020-01-01/extension/event/next ")) {
		/* The clocks first: what follows is our own. */
		lambda->next_at = clock_now();
		lambda->next_cpu = program_cpu(lambda->program);
		lambda->nexts++;
		lambda->waiting = peer;
	} else if (is(request, "POST /2020-01-01/extension/register ")) {
		http_answer(peer, 200, "Lambda-Extension-Identifier: " IDENTIFIER "\r\n",
			    "{\"functionName\":\"bench\",\"functionVersion\":\"$LATEST\","
			    "\"handler\":\"app.handler\",\"accountId\":\"123456789012\"}");
	} else if (is(request, "PUT /2022-07-01/telemetry ")) {
		subscribe(lambda, request);
		http_answer(peer, 200, "", "\"OK\"");
	} else {
		http_answer(peer, 404, "", "{}");
	}
}

static void on_export(void *ctx, struct http_peer *peer, const struct http_request *request)
{
	struct lambda *lambda = ctx;

	if (lambda->backend == BACKEND_FAILS)
		http_answer(peer, 503, "", "{}");
	if (lambda->backend != BACKEND_TAKES)
		return;
	lambda->sink_requests++;
	lambda->sink_bytes += request->body_len;
	http_answer(peer, 200, "", "{}");
}

void lambda_init(struct lambda *lambda, struct loop *loop)
{
	*lambda = (struct lambda){.loop = loop, .telemetry = {.fd = -1}};
	http_listen(&lambda->api, loop, on_api, lambda);
	http_listen(&lambda->sink, loop, on_export, lambda);
}

void lambda_reset(struct lambda *lambda, const struct program *program)
{
	http_drop_peers(&lambda->api);
	http_drop_peers(&lambda->sink);
	if (lambda->telemetry.fd >= 0)
		http_close(&lambda->telemetry);
	lambda->telemetry_port = 0;
	lambda->waiting = NULL;
	lambda->program = program;
	lambda->nexts = 0;
	lambda_backend(lambda, BACKEND_TAKES);
	lambda->sink_requests = lambda->sink_bytes = 0;
}

void lambda_backend(struct lambda *lambda, enum backend backend)
{
	enum backend before = lambda->backend;

	lambda->backend = backend;
	if (before == backend)
		return;
	if (before == BACKEND_HANGS)
		http_drop_peers(&lambda->sink);
	if (before == BACKEND_ABSENT)
		http_return(&lambda->sink);
	if (backend == BACKEND_ABSENT)
		http_leave(&lambda->sink);
}

static bool is_waiting(void *ctx)
{
	return ((struct lambda *)ctx)->waiting != NULL;
}

void lambda_wait_next(struct lambda *lambda)
{
	loop_until(lambda->loop, is_waiting, lambda, "GET event/next");
}

/* ---- Events ---- */

static void answer_next(struct lambda *lambda, const char *event)
{
	struct http_peer *peer = lambda->waiting;

	if (!peer)
		die("an event that nobody asked for");
	lambda->waiting = NULL;
	http_answer(peer, 200, "Lambda-Extension-Event-Identifier: " IDENTIFIER "\r\n", event);
}

static long long deadline(unsigned seconds)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (t.tv_sec + seconds) * 1000LL + t.tv_nsec / NS_PER_MS;
}

static void post_telemetry(struct lambda *lambda, const char *events)
{
	if (lambda->telemetry.fd < 0)
		http_connect(&lambda->telemetry, lambda->loop, lambda->telemetry_port);
	http_post(&lambda->telemetry, lambda->telemetry_path, "application/json", events,
		  strlen(events));
}

#define LINE_ROOM 400
#define REQUEST_ID "1f0c5a8e-7d55-4c1b-9d3e-%012u"

void lambda_invoke(struct lambda *lambda)
{
	char text[1024];

	snprintf(
		text, sizeof text,
		"{\"eventType\":\"INVOKE\",\"deadlineMs\":%lld,\"requestId\":\"" REQUEST_ID "\","
		"\"invokedFunctionArn\":\"arn:aws:lambda:eu-central-1:123456789012:function:bench\","
		"\"tracing\":{\"type\":\"X-Amzn-Trace-Id\",\"value\":\"Root=1-5759e988-"
		"bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1\"}}",
		deadline(30), ++lambda->request);
	answer_next(lambda, text);
	if (!lambda->telemetry_port)
		return;
	snprintf(text, sizeof text,
		 "[{\"time\":\"2026-01-01T00:00:00.000Z\",\"type\":\"platform.start\",\"record\":"
		 "{\"requestId\":\"" REQUEST_ID "\",\"version\":\"$LATEST\"}}]",
		 lambda->request);
	post_telemetry(lambda, text);
}

void lambda_shutdown(struct lambda *lambda)
{
	char text[256];

	snprintf(text, sizeof text,
		 "{\"eventType\":\"SHUTDOWN\",\"shutdownReason\":\"spindown\",\"deadlineMs\":%lld}",
		 deadline(2));
	answer_next(lambda, text);
}

/* As Python's runtime writes it. */
static size_t put_line(char *to, size_t room, unsigned i, unsigned request)
{
	return (size_t)snprintf(
		to, room,
		"{\"time\":\"2026-01-01T00:00:00.%03uZ\",\"type\":\"function\",\"record\":"
		"{\"timestamp\":\"2026-01-01T00:00:00.%03uZ\",\"level\":\"INFO\","
		"\"message\":\"order %u of this request was taken\",\"logger\":\"shop.orders\","
		"\"requestId\":\"" REQUEST_ID "\"}},",
		i % 1000, i % 1000, i, request);
}

void lambda_done(struct lambda *lambda, unsigned lines)
{
	char text[4096];
	size_t len = 1;

	if (!lambda->telemetry_port)
		return;
	text[0] = '[';
	for (unsigned i = 0; i < lines; i++)
		len += put_line(text + len, sizeof text - len, i, lambda->request);
	snprintf(
		text + len, sizeof text - len,
		"{\"time\":\"2026-01-01T00:00:00.200Z\",\"type\":\"platform.runtimeDone\",\"record\":"
		"{\"requestId\":\"" REQUEST_ID "\",\"status\":\"success\",\"metrics\":"
		"{\"durationMs\":12.345,\"producedBytes\":42}}}]",
		lambda->request);
	post_telemetry(lambda, text);
}

char *lambda_lines(const struct lambda *lambda, unsigned count)
{
	size_t room = count * (size_t)LINE_ROOM + 2, len = 1;
	char *text = malloc(room);

	if (!text || count == 0)
		die("no lines, or no memory");
	text[0] = '[';
	for (unsigned i = 0; i < count; i++)
		len += put_line(text + len, room - len, i, lambda->request);
	text[len - 1] = ']';
	return text;
}

void lambda_log(struct lambda *lambda, const char *lines)
{
	post_telemetry(lambda, lines);
}
