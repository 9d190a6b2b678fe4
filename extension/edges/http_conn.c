/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/http_conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "edges/timer.h"

/* At most so much a turn, so that one connection does not keep the others waiting. */
#define READ_PER_TURN ((size_t)256 << 10)

/* How long a peer is heard out after it was refused, and how long it may be silent: a client that
 * writes all of its body before it reads would else see a reset in place of the answer. */
#define LINGER_BYTES ((size_t)64 << 20)
#define LINGER_TIME (2 * NS_PER_S)

/* One for all: a reading is dealt with before the next begins. For heads and small requests; most
 * of a large body is received where it will stay. */
static uint8_t buffer[16 << 10];

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

/* ---- Out ---- */

static bool conn_drained(const struct http_conn *conn)
{
	return conn->out.len == 0;
}

/* Sends as much as goes at once and keeps the rest, so that answers stay in order. */
static void conn_send(struct http_conn *conn, struct slice first, struct slice second)
{
	struct iovec parts[2] = {
		{(void *)(uintptr_t)first.data, first.len},
		{(void *)(uintptr_t)second.data, second.len},
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = second.len > 0 ? 2 : 1};
	ssize_t n = 0;
	size_t sent;

	if (conn_drained(conn)) {
		n = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			conn->state = HTTP_CONN_DEAD;
			return;
		}
	}
	sent = n > 0 ? (size_t)n : 0;
	if (sent < first.len)
		bytes_append(&conn->out, first.data + sent, first.len - sent);
	sent = sent > first.len ? sent - first.len : 0;
	if (sent < second.len)
		bytes_append(&conn->out, second.data + sent, second.len - sent);
	if (conn->out.failed)
		conn->state = HTTP_CONN_DEAD;
}

static void conn_flush(struct http_conn *conn)
{
	ssize_t n;

	if (conn_drained(conn))
		return;
	n = send(conn->fd, conn->out.data + conn->sent, conn->out.len - conn->sent, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		conn->state = HTTP_CONN_DEAD;
	if (n > 0)
		conn->sent += (size_t)n;
	if (conn->sent == conn->out.len) {
		bytes_free(&conn->out);
		conn->sent = 0;
	}
}

/* Sends the answer and frees its body. The connection is closed after it unless `keep`. */
static void conn_answer(struct http_conn *conn, struct http_answer *answer, bool keep)
{
	const struct llhttp__internal_s *parser = &conn->request.parser;
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
	if (no_length || strcmp(conn->request.head.method, "HEAD") == 0)
		body.len = 0;
	len = snprintf(head, sizeof(head), "HTTP/1.1 %u %s\r\n%s%s%s%s%s%s%s\r\n", answer->status,
		       reason_of(answer->status), answer->content_type ? "Content-Type: " : "",
		       answer->content_type ? answer->content_type : "",
		       answer->content_type ? "\r\n" : "", answer->header ? answer->header : "",
		       answer->header ? "\r\n" : "", length, connection);
	if (len > 0 && (size_t)len < sizeof(head))
		conn_send(conn, slice_of(head, (size_t)len), body);
	else
		conn->state = HTTP_CONN_DEAD;
	bytes_free(&answer->body);
	if (!keep && conn->state == HTTP_CONN_OPEN) {
		conn->state = HTTP_CONN_CLOSING;
		http_request_clear(&conn->request);
	}
}

/* Answers by itself and closes. */
static void conn_refuse(struct http_conn *conn, unsigned status, const char *message)
{
	const struct http_handler *handler = &conn->shared->handler;
	struct http_answer answer = {.status = status};

	if (status == 503)
		answer.header = "Retry-After: 1";
	if (handler->refused)
		handler->refused(handler->ctx, &conn->request.head, message, &answer);
	conn_answer(conn, &answer, false);
}

/* ---- In ---- */

static void conn_head(struct http_conn *conn, bool more_input)
{
	const struct http_handler *handler = &conn->shared->handler;
	const struct http_request *r = &conn->request;
	struct http_answer answer = {0};

	conn->answered = false;
	if (handler->head)
		handler->head(handler->ctx, &r->head, &answer);
	if (answer.status) {
		conn->answered = true;
		conn_answer(conn, &answer, r->keep_alive && !r->body_follows);
	} else if (r->head.length > conn->shared->bodies.limit) {
		conn_refuse(conn, 413, "the request's body is too large");
	} else if (r->expects_continue && !more_input) {
		conn_send(conn, slice_str("HTTP/1.1 100 Continue\r\n\r\n"), (struct slice){0});
	}
}

static void conn_request(struct http_conn *conn)
{
	const struct http_handler *handler = &conn->shared->handler;
	struct http_request *r = &conn->request;
	struct bytes body = http_request_body(r);
	struct http_answer answer = {0};

	if (!conn->answered) {
		handler->request(handler->ctx, &r->head, &body, &answer);
		if (answer.status == 0)
			answer.status = 500;
		conn_answer(conn, &answer, r->keep_alive);
	}
	bytes_free(&body);
}

/* Pipelined requests are answered one after the other until the input is used up: at most one
 * buffer full of them, and no more is read before the answers are gone. */
static void conn_input(struct http_conn *conn, struct slice input)
{
	struct http_request *r = &conn->request;

	while (conn->state == HTTP_CONN_OPEN) {
		switch (http_request_feed(r, &input)) {
		case HTTP_STEP_MORE:
			return;
		case HTTP_STEP_HEAD:
			conn_head(conn, input.len > 0);
			break;
		case HTTP_STEP_DONE:
			conn_request(conn);
			break;
		case HTTP_STEP_REFUSED:
			conn_refuse(conn, r->status, r->message);
			break;
		}
	}
}

static void conn_eof(struct http_conn *conn)
{
	conn->eof = true;
	if (conn->state == HTTP_CONN_OPEN && conn->request.begun)
		conn_refuse(conn, 400, "the connection ended within the request");
	else if (conn->state == HTTP_CONN_OPEN)
		conn->state = HTTP_CONN_CLOSING;
}

static void conn_drop(struct http_conn *conn, size_t len)
{
	if (len < conn->patience && timer_in(&conn->timer, LINGER_TIME))
		conn->patience -= len;
	else
		conn->state = HTTP_CONN_DEAD;
}

/* Reads once, at most *budget bytes, which are taken off it. Returns whether there may be more to
 * read that is worth a try. */
static bool conn_read(struct http_conn *conn, size_t *budget)
{
	bool lingering = conn->state == HTTP_CONN_LINGERING;
	size_t len = sizeof(buffer);
	uint8_t *place = lingering ? NULL : http_request_place(&conn->request, &len);
	ssize_t n;

	if (!place)
		place = buffer;
	if (len > *budget)
		len = *budget;
	/* With MSG_TRUNC the kernel drops the bytes without a copy (tcp(7)). */
	n = recv(conn->fd, place, len, lingering ? MSG_TRUNC : 0);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			conn->state = HTTP_CONN_DEAD;
		return false;
	}
	if (n == 0) {
		conn_eof(conn);
		return false;
	}
	*budget -= (size_t)n;
	if (lingering)
		conn_drop(conn, (size_t)n);
	else
		conn_input(conn, slice_of(place, (size_t)n));
	/* Behind a request that is complete there is rarely another. */
	return (size_t)n == len && *budget > 0 && (lingering || conn->request.begun);
}

/* ---- Events ---- */

static void conn_linger(struct http_conn *conn)
{
	conn->state = HTTP_CONN_LINGERING;
	conn->patience = LINGER_BYTES;
	if (shutdown(conn->fd, SHUT_WR) != 0 || !timer_in(&conn->timer, LINGER_TIME))
		conn->state = HTTP_CONN_DEAD;
}

/* After every event: sends, goes on to the next state, and waits for what has to come now. Input
 * is not read while answers are waiting to be sent. May free the connection. */
static void conn_settle(struct http_conn *conn)
{
	int failed;

	if (conn->state != HTTP_CONN_DEAD)
		conn_flush(conn);
	if (conn->state == HTTP_CONN_CLOSING && conn_drained(conn) && !conn->eof)
		conn_linger(conn);
	if (conn->state == HTTP_CONN_DEAD || (conn->eof && conn_drained(conn))) {
		conn->shared->gone(conn->shared, conn);
		http_conn_free(conn);
		return;
	}
	if (conn_drained(conn)) {
		event_del(&conn->writable);
		failed = event_add(&conn->readable, NULL);
	} else {
		event_del(&conn->readable);
		failed = event_add(&conn->writable, NULL);
	}
	if (failed) {
		conn->shared->gone(conn->shared, conn);
		http_conn_free(conn);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *conn = arg;
	size_t budget = READ_PER_TURN;
	bool more = true;

	(void)fd;
	(void)what;
	conn->heard = readings_next(&conn->shared->readings);
	while (more) {
		more = conn_read(conn, &budget) && conn_drained(conn) &&
		       (conn->state == HTTP_CONN_OPEN || conn->state == HTTP_CONN_LINGERING);
	}
	conn_settle(conn);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	conn_settle(arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *conn = arg;

	(void)fd;
	(void)what;
	conn->state = HTTP_CONN_DEAD;
	conn_settle(conn);
}

struct http_conn *http_conn_new(struct http_shared *shared, int fd)
{
	struct http_conn *conn = calloc(1, sizeof(*conn));
	int one = 1;

	if (!conn) {
		close(fd);
		return NULL;
	}
	conn->shared = shared;
	conn->fd = fd;
	conn->heard = readings_next(&conn->shared->readings);
	http_request_init(&conn->request, &shared->bodies);
	/* An answer is one write: never to be held back for the peer's acknowledgement. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	event_assign(&conn->readable, shared->base, fd, EV_READ | EV_PERSIST, on_readable, conn);
	event_assign(&conn->writable, shared->base, fd, EV_WRITE | EV_PERSIST, on_writable, conn);
	event_assign(&conn->timer, shared->base, -1, 0, on_timer, conn);
	if (event_add(&conn->readable, NULL) != 0) {
		http_conn_free(conn);
		return NULL;
	}
	return conn;
}

void http_conn_turn_away(struct http_conn *conn, const char *message)
{
	conn_refuse(conn, 503, message);
	conn_settle(conn);
}

/* Bytes that have come and are not yet read. */
static bool conn_unread(const struct http_conn *conn)
{
	int n = 0;

	return ioctl(conn->fd, FIONREAD, &n) == 0 && n > 0;
}

bool http_conn_idle(const struct http_conn *conn)
{
	return conn->state == HTTP_CONN_OPEN && !conn->request.begun && conn_drained(conn) &&
	       !conn_unread(conn);
}

bool http_conn_pending(const struct http_conn *conn)
{
	return conn->state == HTTP_CONN_OPEN && (conn->request.begun || conn_unread(conn));
}

bool http_conn_stalled(const struct http_conn *conn)
{
	return conn->state == HTTP_CONN_OPEN && conn->request.body.len > 0 &&
	       !readings_this_turn(&conn->shared->readings, conn->heard) && !conn_unread(conn);
}

void http_conn_free(struct http_conn *conn)
{
	event_del(&conn->readable);
	event_del(&conn->writable);
	event_del(&conn->timer);
	http_request_clear(&conn->request);
	bytes_free(&conn->out);
	close(conn->fd);
	free(conn);
}
