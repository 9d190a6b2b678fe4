/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/grpc_conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edges/timer.h"

/* At most so much a turn, so that one connection does not keep the others waiting. */
#define READ_PER_TURN ((size_t)256 << 10)

/* So much is written at once, where there is so much. */
#define WRITE_SIZE ((size_t)16 << 10)

/* How long a peer is heard out after our last word, and how long it may be silent. */
#define LINGER_BYTES ((size_t)64 << 20)
#define LINGER_TIME (2 * NS_PER_S)

/* One for all: a reading is dealt with before the next begins. So small that no more PINGs are in it
 * than nghttp2 keeps answers for: it is the one who sends on without reading that is not read. */
static uint8_t buffer[16 << 10];

/* ---- Out ---- */

static bool conn_drained(const struct grpc_conn *conn)
{
	return conn->out.len == 0;
}

/* Gathers frames to be written together. */
static void conn_gather(struct grpc_conn *conn)
{
	while (conn->out.len < WRITE_SIZE && !conn->out.failed) {
		struct slice next = grpc_session_output(&conn->session);

		if (next.len == 0)
			return;
		bytes_add(&conn->out, next);
	}
	if (conn->out.failed)
		conn->state = GRPC_CONN_DEAD;
}

/* Sends until nothing is left or the socket is full. */
static void conn_flush(struct grpc_conn *conn)
{
	ssize_t n;

	while (conn->state != GRPC_CONN_DEAD) {
		if (conn_drained(conn))
			conn_gather(conn);
		if (conn_drained(conn))
			return;
		n = send(conn->fd, conn->out.data + conn->sent, conn->out.len - conn->sent,
			 MSG_NOSIGNAL);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				conn->state = GRPC_CONN_DEAD;
			return;
		}
		conn->sent += (size_t)n;
		if (conn->sent == conn->out.len) {
			bytes_free(&conn->out);
			conn->sent = 0;
		}
	}
}

/* Most likely an exporter of OTLP/HTTP with the wrong port: it understands this. */
static void conn_not_http2(struct grpc_conn *conn)
{
	bytes_addf(&conn->out,
		   "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
		   "Connection: close\r\n\r\n%s",
		   strlen(GRPC_ONLY), GRPC_ONLY);
	conn->state = conn->out.failed ? GRPC_CONN_DEAD : GRPC_CONN_CLOSING;
}

/* ---- In ---- */

static void conn_input(struct grpc_conn *conn, struct slice input)
{
	switch (grpc_session_feed(&conn->session, input)) {
	case GRPC_FED:
		break;
	case GRPC_NOT_HTTP2:
		conn_not_http2(conn);
		break;
	case GRPC_BROKEN:
		conn->state = GRPC_CONN_DEAD;
		break;
	}
}

static void conn_drop(struct grpc_conn *conn, size_t len)
{
	if (len < conn->patience && timer_in(&conn->timer, LINGER_TIME))
		conn->patience -= len;
	else
		conn->state = GRPC_CONN_DEAD;
}

/* Reads once, at most *budget bytes, which are taken off it. Returns whether there may be more to
 * read now. */
static bool conn_read(struct grpc_conn *conn, size_t *budget)
{
	bool lingering = conn->state == GRPC_CONN_LINGERING;
	size_t len = sizeof(buffer) < *budget ? sizeof(buffer) : *budget;
	/* With MSG_TRUNC the kernel drops the bytes without a copy (tcp(7)). */
	ssize_t n = recv(conn->fd, buffer, len, lingering ? MSG_TRUNC : 0);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			conn->state = GRPC_CONN_DEAD;
		return false;
	}
	if (n == 0) {
		conn->eof = true;
		return false;
	}
	*budget -= (size_t)n;
	if (lingering)
		conn_drop(conn, (size_t)n);
	else
		conn_input(conn, slice_of(buffer, (size_t)n));
	return (size_t)n == len && *budget > 0;
}

/* ---- Events ---- */

static void conn_linger(struct grpc_conn *conn)
{
	conn->state = GRPC_CONN_LINGERING;
	conn->patience = LINGER_BYTES;
	if (shutdown(conn->fd, SHUT_WR) != 0 || !timer_in(&conn->timer, LINGER_TIME))
		conn->state = GRPC_CONN_DEAD;
}

/* After every event: sends, goes on to the next state, and waits for what has to come now. Input
 * is not read while answers are waiting to be sent. May free the connection. */
static void conn_settle(struct grpc_conn *conn)
{
	int failed = 0;

	conn_flush(conn);
	if (conn->state == GRPC_CONN_OPEN && grpc_session_ended(&conn->session))
		conn->state = GRPC_CONN_CLOSING;
	if (conn->state == GRPC_CONN_CLOSING && conn_drained(conn) && !conn->eof)
		conn_linger(conn);
	if (conn->state == GRPC_CONN_DEAD || (conn->eof && conn_drained(conn)))
		failed = 1;
	else if (conn_drained(conn))
		failed = event_del(&conn->writable) | event_add(&conn->readable, NULL);
	else
		failed = event_del(&conn->readable) | event_add(&conn->writable, NULL);
	if (failed) {
		conn->shared->gone(conn->shared, conn);
		grpc_conn_free(conn);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct grpc_conn *conn = arg;
	size_t budget = READ_PER_TURN;
	bool more = true;

	(void)fd;
	(void)what;
	conn->heard = readings_next(&conn->shared->readings);
	while (more) {
		more = conn_read(conn, &budget);
		conn_flush(conn);
		more = more && conn_drained(conn) &&
		       (conn->state == GRPC_CONN_OPEN || conn->state == GRPC_CONN_LINGERING);
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
	struct grpc_conn *conn = arg;

	(void)fd;
	(void)what;
	conn->state = GRPC_CONN_DEAD;
	conn_settle(conn);
}

struct grpc_conn *grpc_conn_new(struct grpc_shared *shared, int fd)
{
	struct grpc_conn *conn = calloc(1, sizeof(*conn));
	int one = 1;

	if (!conn) {
		close(fd);
		return NULL;
	}
	conn->shared = shared;
	conn->fd = fd;
	conn->heard = readings_next(&conn->shared->readings);
	grpc_session_init(&conn->session, shared->sink, &shared->bodies);
	/* Answers are never to be held back for the peer's acknowledgement. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	event_assign(&conn->readable, shared->base, fd, EV_READ | EV_PERSIST, on_readable, conn);
	event_assign(&conn->writable, shared->base, fd, EV_WRITE | EV_PERSIST, on_writable, conn);
	event_assign(&conn->timer, shared->base, -1, 0, on_timer, conn);
	if (event_add(&conn->readable, NULL) != 0) {
		grpc_conn_free(conn);
		return NULL;
	}
	return conn;
}

void grpc_conn_turn_away(struct grpc_conn *conn, const char *text)
{
	bool said = grpc_session_go_away(&conn->session, NGHTTP2_ENHANCE_YOUR_CALM, text);

	conn->state = said ? GRPC_CONN_CLOSING : GRPC_CONN_DEAD;
	conn_settle(conn);
}

void grpc_conn_dismiss(struct grpc_conn *conn)
{
	if (grpc_session_go_away(&conn->session, NGHTTP2_NO_ERROR, "others need the connection"))
		conn_flush(conn);
	conn->shared->gone(conn->shared, conn);
	grpc_conn_free(conn);
}

/* Bytes that have come and are not yet read. */
static bool conn_unread(const struct grpc_conn *conn)
{
	int n = 0;

	return ioctl(conn->fd, FIONREAD, &n) == 0 && n > 0;
}

bool grpc_conn_idle(const struct grpc_conn *conn)
{
	return conn->state == GRPC_CONN_OPEN && conn->session.unanswered == 0 &&
	       conn_drained(conn) && !conn_unread(conn);
}

bool grpc_conn_pending(const struct grpc_conn *conn)
{
	return conn->state == GRPC_CONN_OPEN && (conn->session.unanswered > 0 || conn_unread(conn));
}

bool grpc_conn_stalled(const struct grpc_conn *conn)
{
	return conn->state == GRPC_CONN_OPEN && grpc_session_held(&conn->session) > 0 &&
	       !readings_this_turn(&conn->shared->readings, conn->heard) && !conn_unread(conn);
}

void grpc_conn_give_way(struct grpc_conn *conn)
{
	grpc_session_give_way(&conn->session);
	conn_settle(conn);
}

void grpc_conn_free(struct grpc_conn *conn)
{
	event_del(&conn->readable);
	event_del(&conn->writable);
	event_del(&conn->timer);
	grpc_session_free(&conn->session);
	bytes_free(&conn->out);
	close(conn->fd);
	free(conn);
}
