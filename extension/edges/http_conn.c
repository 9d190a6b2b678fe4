/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/http_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edges/http_request.h"

struct http_conn {
	struct conn conn;
	struct http_request request;
	bool answered; /* the request has its answer: its rest is only walked over */
};

static const struct {
	unsigned status;
	const char *reason;
} reasons[] = {
	{200, "OK"},
	{202, "Accepted"},
	{204, "No Content"},
	{400, "Bad Request"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{417, "Expectation Failed"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{503, "Service Unavailable"},
	{505, "HTTP Version Not Supported"},
};

/* The phrase is optional, the space before it is not (RFC 9112, section 4). */
static const char *reason_of(unsigned status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "";
}

static struct http_conn *http_of(struct conn *conn)
{
	return (struct http_conn *)conn;
}

static const struct http_handler *handler_of(const struct http_conn *http)
{
	return http->conn.shared->owner;
}

/* ---- Out ---- */

/* Sends the answer and frees its body. The connection is closed after it unless `keep`. */
static void answer_with(struct http_conn *http, struct http_answer *answer, bool keep)
{
	const struct llhttp__internal_s *parser = &http->request.parser;
	bool no_length = answer->status == 204 || answer->status == 304;
	struct slice body = bytes_slice(&answer->body);
	char head[512], length[48] = "";
	const char *connection = "";
	int len;

	if (!keep)
		connection = "Connection: close\r\n";
	else if (parser->http_minor == 0)
		connection = "Connection: keep-alive\r\n";
	if (!no_length)
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n", body.len);
	if (no_length || strcmp(http->request.head.method, "HEAD") == 0)
		body.len = 0;
	len = snprintf(head, sizeof(head), "HTTP/1.1 %u %s\r\n%s%s%s%s%s%s%s\r\n", answer->status,
		       reason_of(answer->status), answer->content_type ? "Content-Type: " : "",
		       answer->content_type ? answer->content_type : "",
		       answer->content_type ? "\r\n" : "", answer->header ? answer->header : "",
		       answer->header ? "\r\n" : "", length, connection);
	if (len > 0 && (size_t)len < sizeof(head))
		conn_send(&http->conn, slice_of(head, (size_t)len), body);
	else
		http->conn.state = CONN_DEAD;
	bytes_free(&answer->body);
	if (!keep && http->conn.state == CONN_OPEN) {
		http->conn.state = CONN_CLOSING;
		http_request_clear(&http->request);
	}
}

/* Answers by itself and closes. */
static void refuse(struct http_conn *http, unsigned status, const char *message)
{
	const struct http_handler *handler = handler_of(http);
	struct http_answer answer = {.status = status};

	if (status == 503)
		answer.header = "Retry-After: 1";
	if (handler->refused)
		handler->refused(handler->ctx, &http->request.head, message, &answer);
	answer_with(http, &answer, false);
}

/* ---- In ---- */

static void take_head(struct http_conn *http, bool more_input)
{
	const struct http_handler *handler = handler_of(http);
	const struct http_request *r = &http->request;
	struct http_answer answer = {0};

	http->answered = false;
	if (handler->head)
		handler->head(handler->ctx, &r->head, &answer);
	if (answer.status) {
		http->answered = true;
		answer_with(http, &answer, r->keep_alive && !r->body_follows);
	} else if (r->head.length > http->conn.shared->bodies.limit) {
		refuse(http, 413, "the request's body is too large");
	} else if (r->expects_continue && !more_input) {
		conn_send(&http->conn, slice_str("HTTP/1.1 100 Continue\r\n\r\n"),
			  (struct slice){0});
	}
}

static void take_request(struct http_conn *http)
{
	const struct http_handler *handler = handler_of(http);
	struct http_request *r = &http->request;
	struct bytes body = http_request_body(r);
	struct http_answer answer = {0};

	if (!http->answered) {
		handler->request(handler->ctx, &r->head, &body, &answer);
		if (answer.status == 0)
			answer.status = 500;
		answer_with(http, &answer, r->keep_alive);
	}
	bytes_free(&body);
}

/* Pipelined requests are answered one after the other until the input is used up: at most one
 * buffer full of them, and no more is read before the answers are gone. Behind a request that is
 * complete there is rarely another. */
static bool input(struct conn *conn, struct slice input)
{
	struct http_conn *http = http_of(conn);
	struct http_request *r = &http->request;

	while (conn->state == CONN_OPEN) {
		switch (http_request_feed(r, &input)) {
		case HTTP_STEP_MORE:
			return r->begun;
		case HTTP_STEP_HEAD:
			take_head(http, input.len > 0);
			break;
		case HTTP_STEP_DONE:
			take_request(http);
			break;
		case HTTP_STEP_REFUSED:
			refuse(http, r->status, r->message);
			break;
		}
	}
	return false;
}

/* ---- The protocol ---- */

static struct conn *make(struct conn_shared *shared)
{
	struct http_conn *http = calloc(1, sizeof(*http));

	if (!http)
		return NULL;
	http_request_init(&http->request, &shared->bodies);
	return &http->conn;
}

static void free_conn(struct conn *conn)
{
	http_request_clear(&http_of(conn)->request);
	free(conn);
}

static uint8_t *place(struct conn *conn, size_t *len)
{
	return http_request_place(&http_of(conn)->request, len);
}

static void ended(struct conn *conn)
{
	if (http_of(conn)->request.begun)
		refuse(http_of(conn), 400, "the connection ended within the request");
	else
		conn->state = CONN_CLOSING;
}

static bool busy(const struct conn *conn)
{
	return ((const struct http_conn *)conn)->request.begun;
}

static size_t held(const struct conn *conn)
{
	return ((const struct http_conn *)conn)->request.body.len;
}

static void turn_away(struct conn *conn, const char *message)
{
	refuse(http_of(conn), 503, message);
}

static void give_way(struct conn *conn)
{
	refuse(http_of(conn), 503, "the request stopped coming, and others need the room");
}

const struct conn_protocol http_conn_protocol = {
	.make = make,
	.free = free_conn,
	.place = place,
	.input = input,
	.ended = ended,
	.busy = busy,
	.held = held,
	.turn_away = turn_away,
	.give_way = give_way,
};
