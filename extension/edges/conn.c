/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "edges/timer.h"

/* At most so much a turn, so that one connection does not keep the others waiting. */
#define READ_PER_TURN ((size_t)256 << 10)

/* How long a peer is heard out after our last word, and how long it may be silent: a client that
 * writes all of its body before it reads would else see a reset in place of the answer. */
#define LINGER_BYTES ((size_t)64 << 20)
#define LINGER_TIME (2 * NS_PER_S)

/* One for all: a reading is dealt with before the next begins. For heads and small requests; most
 * of a large body is received where it will stay. So small that no more PINGs are in it than
 * nghttp2 keeps answers for: it is the one who sends on without reading that is not read. */
static uint8_t buffer[16 << 10];

static const struct conn_protocol *protocol_of(const struct conn *conn)
{
	return conn->shared->protocol;
}

/* ---- Out ---- */

static bool drained(const struct conn *conn)
{
	return conn->out.len == 0;
}

void conn_send(struct conn *conn, struct slice first, struct slice second)
{
	struct iovec parts[2] = {
		{(void *)(uintptr_t)first.data, first.len},
		{(void *)(uintptr_t)second.data, second.len},
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = second.len > 0 ? 2 : 1};
	ssize_t n = 0;
	size_t sent;

	if (drained(conn)) {
		n = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			conn->state = CONN_DEAD;
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
		conn->state = CONN_DEAD;
}

/* Sends until nothing is left or the socket is full. */
static void flush(struct conn *conn)
{
	ssize_t n;

	while (conn->state != CONN_DEAD) {
		if (drained(conn) && protocol_of(conn)->output)
			protocol_of(conn)->output(conn);
		if (drained(conn))
			return;
		n = send(conn->fd, conn->out.data + conn->sent, conn->out.len - conn->sent,
			 MSG_NOSIGNAL);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				conn->state = CONN_DEAD;
			return;
		}
		conn->sent += (size_t)n;
		if (conn->sent == conn->out.len) {
			bytes_free(&conn->out);
			conn->sent = 0;
		}
	}
}

/* ---- In ---- */

static void end_input(struct conn *conn)
{
	conn->eof = true;
	if (conn->state == CONN_OPEN && protocol_of(conn)->ended)
		protocol_of(conn)->ended(conn);
}

static void hear_out(struct conn *conn, size_t len)
{
	if (len < conn->patience && timer_in(&conn->timer, LINGER_TIME))
		conn->patience -= len;
	else
		conn->state = CONN_DEAD;
}

/* Where to receive, at most *len bytes. */
static uint8_t *place(struct conn *conn, size_t *len)
{
	uint8_t *own = NULL;

	*len = sizeof(buffer);
	if (conn->state != CONN_LINGERING && protocol_of(conn)->place)
		own = protocol_of(conn)->place(conn, len);
	return own ? own : buffer;
}

/* Reads once, at most *budget bytes, which are taken off it. Returns whether there may be more to
 * read that is worth a try. */
static bool receive(struct conn *conn, size_t *budget)
{
	bool lingering = conn->state == CONN_LINGERING, more = true;
	size_t len;
	uint8_t *to = place(conn, &len);
	ssize_t n;

	if (len > *budget)
		len = *budget;
	/* With MSG_TRUNC the kernel drops the bytes without a copy (tcp(7)). */
	n = recv(conn->fd, to, len, lingering ? MSG_TRUNC : 0);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			conn->state = CONN_DEAD;
		return false;
	}
	if (n == 0) {
		end_input(conn);
		return false;
	}
	*budget -= (size_t)n;
	if (lingering)
		hear_out(conn, (size_t)n);
	else
		more = protocol_of(conn)->input(conn, slice_of(to, (size_t)n));
	return more && (size_t)n == len && *budget > 0;
}

/* ---- Events ---- */

static void linger(struct conn *conn)
{
	conn->state = CONN_LINGERING;
	conn->patience = LINGER_BYTES;
	if (shutdown(conn->fd, SHUT_WR) != 0 || !timer_in(&conn->timer, LINGER_TIME))
		conn->state = CONN_DEAD;
}

/* After every event: sends, goes on to the next state, and waits for what has to come now. Input
 * is not read while answers are waiting to be sent. May free the connection. */
static void settle(struct conn *conn)
{
	int failed = 0;

	flush(conn);
	if (conn->state == CONN_CLOSING && drained(conn) && !conn->eof)
		linger(conn);
	if (conn->state == CONN_DEAD || (conn->eof && drained(conn)))
		failed = 1;
	else if (drained(conn))
		failed = event_del(&conn->writable) | event_add(&conn->readable, NULL);
	else
		failed = event_del(&conn->readable) | event_add(&conn->writable, NULL);
	if (failed) {
		conn->shared->gone(conn->shared, conn);
		conn_free(conn);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *conn = arg;
	size_t budget = READ_PER_TURN;
	bool more = true;

	(void)fd;
	(void)what;
	conn->heard = readings_next(&conn->shared->readings);
	while (more) {
		more = receive(conn, &budget);
		flush(conn);
		more = more && drained(conn) &&
		       (conn->state == CONN_OPEN || conn->state == CONN_LINGERING);
	}
	settle(conn);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	settle(arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct conn *conn = arg;

	(void)fd;
	(void)what;
	conn->state = CONN_DEAD;
	settle(conn);
}

/* ---- For the server ---- */

struct conn *conn_new(struct conn_shared *shared, int fd)
{
	struct conn *conn = shared->protocol->make(shared);
	int one = 1;

	if (!conn) {
		close(fd);
		return NULL;
	}
	conn->shared = shared;
	conn->fd = fd;
	conn->heard = readings_next(&shared->readings);
	/* Answers are never to be held back for the peer's acknowledgement. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	event_assign(&conn->readable, shared->base, fd, EV_READ | EV_PERSIST, on_readable, conn);
	event_assign(&conn->writable, shared->base, fd, EV_WRITE | EV_PERSIST, on_writable, conn);
	event_assign(&conn->timer, shared->base, -1, 0, on_timer, conn);
	if (event_add(&conn->readable, NULL) != 0) {
		conn_free(conn);
		return NULL;
	}
	return conn;
}

void conn_turn_away(struct conn *conn, const char *message)
{
	protocol_of(conn)->turn_away(conn, message);
	settle(conn);
}

void conn_give_way(struct conn *conn)
{
	protocol_of(conn)->give_way(conn);
	settle(conn);
}

void conn_dismiss(struct conn *conn)
{
	if (protocol_of(conn)->dismiss) {
		protocol_of(conn)->dismiss(conn);
		flush(conn);
	}
	conn_free(conn);
}

/* Bytes that have come and are not yet read. */
static bool unread(const struct conn *conn)
{
	int n = 0;

	return ioctl(conn->fd, FIONREAD, &n) == 0 && n > 0;
}

bool conn_idle(const struct conn *conn)
{
	return conn->state == CONN_OPEN && !protocol_of(conn)->busy(conn) && drained(conn) &&
	       !unread(conn);
}

bool conn_pending(const struct conn *conn)
{
	return conn->state == CONN_OPEN && (protocol_of(conn)->busy(conn) || unread(conn));
}

bool conn_stalled(const struct conn *conn)
{
	return conn->state == CONN_OPEN && protocol_of(conn)->held(conn) > 0 &&
	       !readings_this_turn(&conn->shared->readings, conn->heard) && !unread(conn);
}

void conn_free(struct conn *conn)
{
	event_del(&conn->readable);
	event_del(&conn->writable);
	event_del(&conn->timer);
	bytes_free(&conn->out);
	close(conn->fd);
	protocol_of(conn)->free(conn);
}
