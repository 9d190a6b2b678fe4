/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/lambda_api.h"

#include <errno.h>
#include <jansson.h>
#include <llhttp.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "edges/last_resort.h"
#include "edges/timer.h"

#define BODY_LIMIT ((size_t)1 << 20)
#define FIRST_PAUSE_MS 50
#define LONGEST_PAUSE_MS 1000

enum call { CALL_NONE, CALL_REGISTER, CALL_SUBSCRIBE, CALL_NEXT };

/* Newest first. Managed Instances know only that one; the platform of old may know only the
 * last. */
static const char *const schemas[] = {"2025-01-29", "2022-12-13", "2022-07-01"};
#define SCHEMAS (sizeof schemas / sizeof schemas[0])

struct lambda_api {
	struct event_base *base;
	struct lambda_api_handler handler;
	char *host;
	char *name;
	char identifier[128];
	bool managed;
	uint16_t port;
	bool lines; /* the function's are subscribed to */
	unsigned schema;

	enum call call;
	int fd;
	struct event *io;
	short watching;      /* what `io` waits for: mostly one connection is read all its life */
	struct event *timer; /* a pause, or the bound on the subscription */
	bool pausing;
	bool reused;   /* the connection has served a request before */
	bool answered; /* the first byte of the answer came */
	unsigned pause_ms;
	bool complained;
	struct bytes out;
	size_t sent;

	llhttp_t parser;
	llhttp_settings_t settings;
	struct bytes field, value, body;
	bool in_value;
	bool complete;
};

/* ---- Connection ---- */

static void disconnect(struct lambda_api *api)
{
	last_resort_pending(-1, PENDING_NOTHING);
	if (api->io) {
		event_free(api->io);
		api->io = NULL;
	}
	if (api->fd >= 0)
		close(api->fd);
	api->fd = -1;
	api->reused = false;
}

static void send_request(struct lambda_api *api);

/* The call failed: once more, a little later. The process has nothing better to do, and must not
 * end. */
static void again(struct lambda_api *api, const char *why, unsigned status)
{
	disconnect(api);
	if (!api->complained)
		log_warn("the Extensions API at %s %s (status %u); lull keeps asking", api->host,
			 why, status);
	api->complained = true;
	api->pausing = true;
	timer_in(api->timer, api->pause_ms * NS_PER_MS);
	api->pause_ms = api->pause_ms * 2 < LONGEST_PAUSE_MS ? api->pause_ms * 2 : LONGEST_PAUSE_MS;
}

static void done_subscribing(struct lambda_api *api, bool accepted, unsigned status)
{
	event_del(api->timer);
	api->call = CALL_NONE;
	api->handler.subscribed(api->handler.ctx, accepted, status);
}

/* The connection ended, or never was. */
static void lost(struct lambda_api *api, const char *why)
{
	bool retry_at_once = api->reused && !api->answered;

	disconnect(api);
	if (retry_at_once)
		send_request(api);
	else if (api->call == CALL_SUBSCRIBE)
		done_subscribing(api, false, 0);
	else
		again(api, why, 0);
}

/* ---- Answers ---- */

static int on_field(llhttp_t *p, const char *at, size_t len)
{
	struct lambda_api *api = p->data;

	if (api->in_value)
		api->field.len = api->value.len = 0;
	api->in_value = false;
	bytes_append(&api->field, at, len);
	return 0;
}

static int on_value(llhttp_t *p, const char *at, size_t len)
{
	struct lambda_api *api = p->data;

	api->in_value = true;
	bytes_append(&api->value, at, len);
	return 0;
}

static int on_value_complete(llhttp_t *p)
{
	struct lambda_api *api = p->data;
	const char *name = bytes_cstr(&api->field), *value = bytes_cstr(&api->value);

	if (name && value && strcasecmp(name, "Lambda-Extension-Identifier") == 0 &&
	    strlen(value) < sizeof api->identifier) {
		memcpy(api->identifier, value, strlen(value) + 1);
		last_resort_identifier(api->identifier);
	}
	return 0;
}

static int on_body(llhttp_t *p, const char *at, size_t len)
{
	struct lambda_api *api = p->data;

	if (api->body.len + len > BODY_LIMIT)
		return HPE_USER;
	bytes_append(&api->body, at, len);
	return 0;
}

static int on_complete(llhttp_t *p)
{
	struct lambda_api *api = p->data;

	api->complete = true;
	return HPE_PAUSED;
}

static struct slice member(json_t *object, const char *key)
{
	json_t *m = json_object_get(object, key);

	if (!json_is_string(m))
		return (struct slice){0};
	return slice_of(json_string_value(m), json_string_length(m));
}

static void answer_register(struct lambda_api *api, unsigned status, json_t *json)
{
	if (status == 200 && api->identifier[0]) {
		api->call = CALL_NONE;
		api->handler.registered(api->handler.ctx, member(json, "accountId"));
		return;
	}
	/* Managed Instances know no INVOKE; whoever does not say so beforehand says it here. */
	if (slice_is(member(json, "errorType"), "Extension.InvalidEventType") && !api->managed) {
		api->managed = true;
		lambda_api_register(api, NULL, true);
		return;
	}
	again(api, "does not register lull", status);
}

static void answer_subscribe(struct lambda_api *api, unsigned status)
{
	/* 202 is a local environment without telemetry. */
	if (status == 200) {
		done_subscribing(api, true, status);
	} else if (status == 400 && api->schema + 1 < SCHEMAS) {
		api->schema++;
		lambda_api_subscribe(api, api->port, api->lines);
	} else {
		done_subscribing(api, false, status);
	}
}

static void answer_next(struct lambda_api *api, unsigned status, json_t *json)
{
	struct slice type = member(json, "eventType");
	struct lambda_event event = {
		.type = slice_is(type, "SHUTDOWN") ? LAMBDA_SHUTDOWN : LAMBDA_INVOKE,
		.deadline_ms = json_integer_value(json_object_get(json, "deadlineMs")),
		.request_id = member(json, "requestId"),
		.function_arn = member(json, "invokedFunctionArn"),
		.trace_header = member(json_object_get(json, "tracing"), "value"),
		.reason = member(json, "shutdownReason"),
	};

	if (status != 200 || (event.type == LAMBDA_INVOKE && !slice_is(type, "INVOKE"))) {
		again(api, "gives no event", status);
		return;
	}
	api->call = CALL_NONE;
	api->handler.event(api->handler.ctx, &event);
}

/* A whole answer is there. What is called may ask for the next thing at once, so the state is clean
 * before. */
static void answered(struct lambda_api *api)
{
	unsigned status = api->parser.status_code;
	struct bytes body = bytes_move(&api->body);
	json_t *json = json_loadb((const char *)body.data, body.len, 0, NULL);

	last_resort_pending(-1, PENDING_NOTHING);
	if (llhttp_should_keep_alive(&api->parser))
		api->reused = true;
	else
		disconnect(api);
	if (status == 200) {
		api->pause_ms = FIRST_PAUSE_MS;
		api->complained = false;
	}
	if (api->call == CALL_REGISTER)
		answer_register(api, status, json);
	else if (api->call == CALL_SUBSCRIBE)
		answer_subscribe(api, status);
	else if (api->call == CALL_NEXT)
		answer_next(api, status, json);
	json_decref(json);
	bytes_free(&body);
}

static void on_readable(struct lambda_api *api)
{
	char buffer[8192];
	ssize_t n = recv(api->fd, buffer, sizeof buffer, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Between two calls there is nothing to come but the end of the connection. */
	if (api->call == CALL_NONE) {
		disconnect(api);
		return;
	}
	if (n > 0 && !api->answered) {
		/* From here on Lambda has answered: a last resort would ask anew. */
		last_resort_pending(-1, PENDING_NOTHING);
		api->answered = true;
	}
	if (n > 0)
		llhttp_execute(&api->parser, buffer, (size_t)n);
	else
		llhttp_finish(&api->parser);
	if (api->complete && api->call != CALL_NONE)
		answered(api);
	else if (n <= 0 || llhttp_get_errno(&api->parser) != HPE_OK)
		lost(api, n == 0 ? "closed the connection" : "answered what is no HTTP");
}

/* ---- Requests ---- */

static void watch(struct lambda_api *api, short what);

static void on_writable(struct lambda_api *api)
{
	ssize_t n = send(api->fd, api->out.data + api->sent, api->out.len - api->sent,
			 MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		lost(api, "cannot be reached");
		return;
	}
	api->sent += n > 0 ? (size_t)n : 0;
	if (api->sent < api->out.len) {
		watch(api, EV_WRITE);
		return;
	}
	if (api->call == CALL_NEXT)
		last_resort_pending(api->fd, PENDING_NEXT);
	else if (api->call == CALL_REGISTER)
		last_resort_pending(api->fd, PENDING_REGISTER);
	watch(api, EV_READ);
}

static void on_io(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	if (what & EV_WRITE)
		on_writable(ctx);
	else
		on_readable(ctx);
}

static void watch(struct lambda_api *api, short what)
{
	if (api->io && api->watching == what)
		return;
	if (api->io)
		event_free(api->io);
	api->watching = what;
	api->io = event_new(api->base, api->fd, (short)(what | EV_PERSIST), on_io, api);
	if (!api->io || event_add(api->io, NULL) != 0)
		last_resort_enter("lull has no memory left");
}

static bool open_connection(struct lambda_api *api)
{
	socklen_t len;
	const struct sockaddr *address = last_resort_address(&len);
	int on = 1;

	api->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (api->fd < 0)
		return false;
	setsockopt(api->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return connect(api->fd, address, len) == 0 || errno == EINPROGRESS;
}

static void send_request(struct lambda_api *api)
{
	if (api->out.failed)
		last_resort_enter("lull has no memory left");
	api->sent = 0;
	api->answered = api->complete = api->in_value = false;
	api->field.len = api->value.len = api->body.len = 0;
	llhttp_init(&api->parser, HTTP_RESPONSE, &api->settings);
	api->parser.data = api;
	if (api->fd < 0 && !open_connection(api)) {
		lost(api, "cannot be reached");
		return;
	}
	/* Mostly the socket takes it at once: no turn of the loop is spent on it. */
	on_writable(api);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct lambda_api *api = ctx;

	(void)fd;
	(void)what;
	if (api->pausing) {
		api->pausing = false;
		send_request(api);
	} else if (api->call == CALL_SUBSCRIBE) {
		disconnect(api);
		done_subscribing(api, false, 0);
	}
}

static void request(struct lambda_api *api, enum call call, const char *line, const char *headers,
		    const char *body)
{
	api->call = call;
	api->out.len = 0;
	bytes_addf(&api->out, "%s HTTP/1.1\r\nHost: %s\r\n%s", line, api->host, headers);
	if (call != CALL_REGISTER)
		bytes_addf(&api->out, "Lambda-Extension-Identifier: %s\r\n", api->identifier);
	if (body)
		bytes_addf(&api->out, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
			   strlen(body));
	bytes_addf(&api->out, "\r\n%s", body ? body : "");
	send_request(api);
}

void lambda_api_register(struct lambda_api *api, const char *name, bool managed_instances)
{
	struct bytes headers = {0};

	if (name) {
		free(api->name);
		api->name = strdup(name);
	}
	api->managed = managed_instances;
	bytes_addf(&headers,
		   "Lambda-Extension-Name: %s\r\n"
		   "Lambda-Extension-Accept-Feature: accountId\r\n",
		   api->name ? api->name : "lull");
	request(api, CALL_REGISTER, "POST /2020-01-01/extension/register", bytes_cstr(&headers),
		managed_instances ? "{\"events\":[\"SHUTDOWN\"]}"
				  : "{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}");
	bytes_free(&headers);
}

void lambda_api_subscribe(struct lambda_api *api, uint16_t port, bool lines)
{
	struct bytes body = {0};

	/* The end of an invocation is waited for, so it is to be told at once; but on Managed
	 * Instances nobody waits, and few posts are cheaper. */
	int wait_ms = api->managed ? 250 : 25;

	api->port = port;
	api->lines = lines;
	bytes_addf(&body,
		   "{\"schemaVersion\":\"%s\",\"types\":[\"platform\"%s],"
		   "\"buffering\":{\"maxItems\":1000,\"maxBytes\":262144,\"timeoutMs\":%d},"
		   "\"destination\":{\"protocol\":\"HTTP\","
		   "\"URI\":\"http://sandbox.localdomain:%u/telemetry\"}}",
		   schemas[api->schema], lines ? ",\"function\"" : "", wait_ms, port);
	timer_in(api->timer, LAMBDA_SUBSCRIBE_WAIT * NS_PER_MS);
	/* The schema goes only in the body: the path is fixed. */
	request(api, CALL_SUBSCRIBE, "PUT /2022-07-01/telemetry", "", bytes_cstr(&body));
	bytes_free(&body);
}

void lambda_api_next(struct lambda_api *api)
{
	request(api, CALL_NEXT, "GET /2020-01-01/extension/event/next", "", NULL);
}

struct lambda_api *lambda_api_new(struct event_base *base, const char *host,
				  const struct lambda_api_handler *handler)
{
	struct lambda_api *api = calloc(1, sizeof *api);

	if (!api)
		return NULL;
	*api = (struct lambda_api){.base = base, .handler = *handler, .fd = -1};
	api->pause_ms = FIRST_PAUSE_MS;
	api->host = strdup(host);
	api->timer = evtimer_new(base, on_timer, api);
	if (!api->host || !api->timer) {
		lambda_api_free(api);
		return NULL;
	}
	llhttp_settings_init(&api->settings);
	api->settings.on_header_field = on_field;
	api->settings.on_header_value = on_value;
	api->settings.on_header_value_complete = on_value_complete;
	api->settings.on_body = on_body;
	api->settings.on_message_complete = on_complete;
	return api;
}

void lambda_api_free(struct lambda_api *api)
{
	if (!api)
		return;
	disconnect(api);
	if (api->timer)
		event_free(api->timer);
	free(api->host);
	free(api->name);
	bytes_free(&api->out);
	bytes_free(&api->field);
	bytes_free(&api->value);
	bytes_free(&api->body);
	free(api);
}
