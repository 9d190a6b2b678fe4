/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "edges/http_conn.h"

#define LISTENERS 4
#define ACCEPTS_PER_EVENT 16

/* Connections over the limit that are being told so. */
#define TURNED_AWAY 8

/* How long accept() rests when there is no descriptor or memory for another connection: the
 * listener stays readable, and the loop must not spin. */
static const struct timeval rest_time = {.tv_usec = 100000};

struct listener {
	struct http_server *server;
	int fd;
	struct event event, timer;
};

struct http_server {
	struct http_shared shared; /* first: see server_gone() */
	struct listener listeners[LISTENERS];
	size_t listening;
	bool rest_told;
	size_t count, room;
	unsigned connections; /* limit */
	struct http_conn *conns[];
};

/* ---- Connections ---- */

static struct http_server *server_of(struct http_bodies *bodies)
{
	return (struct http_server *)(void *)((char *)bodies -
					      offsetof(struct http_server, shared.bodies));
}

static void server_gone(struct http_shared *shared, struct http_conn *conn)
{
	struct http_server *server = (struct http_server *)shared;
	struct http_conn *last = server->conns[--server->count];

	last->slot = conn->slot;
	server->conns[last->slot] = last;
}

static bool is_open(const struct http_conn *conn)
{
	return conn->state == HTTP_CONN_OPEN;
}

static bool is_closing(const struct http_conn *conn)
{
	return conn->state != HTTP_CONN_OPEN;
}

/* The connection that was heard of least recently among those that are `such`, or NULL. */
static struct http_conn *server_oldest(struct http_server *server,
				       bool (*such)(const struct http_conn *))
{
	struct http_conn *oldest = NULL;

	for (size_t i = 0; i < server->count; i++) {
		struct http_conn *conn = server->conns[i];

		if ((!oldest || conn->heard < oldest->heard) && such(conn))
			oldest = conn;
	}
	return oldest;
}

/* Closes that one. */
static bool server_evict(struct http_server *server, bool (*such)(const struct http_conn *))
{
	struct http_conn *oldest = server_oldest(server, such);

	if (!oldest)
		return false;
	server_gone(&server->shared, oldest);
	http_conn_free(oldest);
	return true;
}

static bool fits(const struct http_bodies *bodies, size_t bytes)
{
	return bodies->held + bytes <= bodies->total_limit;
}

/* Stalled bodies give way, if all of them together are enough. */
static bool server_make_room(struct http_bodies *bodies, size_t bytes)
{
	struct http_server *server = server_of(bodies);
	struct http_conn *oldest;
	size_t stalled = 0;

	for (size_t i = 0; i < server->count; i++) {
		if (http_conn_stalled(server->conns[i]))
			stalled += server->conns[i]->request.body.len;
	}
	if (bodies->held - stalled + bytes > bodies->total_limit)
		return false;
	while (!fits(bodies, bytes) && (oldest = server_oldest(server, http_conn_stalled)))
		http_conn_turn_away(oldest, "the request stopped coming, and others need the room");
	return fits(bodies, bytes);
}

static void server_grew(struct http_bodies *bodies)
{
	const struct http_handler *handler = &server_of(bodies)->shared.handler;

	if (handler->grew)
		handler->grew(handler->ctx);
}

static void server_admit(struct http_server *server, int fd)
{
	struct http_conn *conn;
	size_t open = 0;
	bool full;

	for (size_t i = 0; i < server->count; i++)
		open += is_open(server->conns[i]);
	full = open >= server->connections && !server_evict(server, http_conn_idle);
	if (server->count == server->room && !server_evict(server, is_closing)) {
		close(fd);
		return;
	}
	conn = http_conn_new(&server->shared, fd);
	if (!conn)
		return;
	conn->slot = server->count;
	server->conns[server->count++] = conn;
	if (full)
		http_conn_turn_away(conn, "too many connections");
}

/* ---- Listeners ---- */

static void on_rested(evutil_socket_t fd, short what, void *arg)
{
	struct listener *listener = arg;

	(void)fd;
	(void)what;
	if (event_add(&listener->event, NULL) != 0)
		event_add(&listener->timer, &rest_time);
}

static void listener_rest(struct listener *listener, int error)
{
	if (!listener->server->rest_told)
		log_warn("cannot accept connections for now: %s", strerror(error));
	listener->server->rest_told = true;
	event_del(&listener->event);
	event_add(&listener->timer, &rest_time);
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct listener *listener = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
		int conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (conn >= 0) {
			server_admit(listener->server, conn);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			listener_rest(listener, errno);
			return;
		}
	}
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The length of the address, or 0 for what is none. */
static socklen_t address_of(const char *literal, uint16_t port, union address *address)
{
	*address = (union address){0};
	if (inet_pton(AF_INET, literal, &address->v4.sin_addr) == 1) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons(port);
		return sizeof(address->v4);
	}
	if (inet_pton(AF_INET6, literal, &address->v6.sin6_addr) == 1) {
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons(port);
		return sizeof(address->v6);
	}
	return 0;
}

/* Returns the socket, and the port in *port, or -errno. */
static int listen_on(const char *literal, uint16_t *port)
{
	union address address;
	socklen_t len = address_of(literal, *port, &address);
	int fd, error, one = 1;

	if (len == 0)
		return -EINVAL;
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, &address.any, len) != 0 || listen(fd, SOMAXCONN) != 0 ||
	    getsockname(fd, &address.any, &len) != 0) {
		error = -errno;
		close(fd);
		return error;
	}
	*port = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port
						       : address.v6.sin6_port);
	return fd;
}

/* ---- The server ---- */

struct http_server *http_server_new(struct event_base *base, const struct http_limits *limits,
				    const struct http_handler *handler)
{
	size_t room = (size_t)limits->connections + TURNED_AWAY;
	struct http_server *server = calloc(1, sizeof(*server) + room * sizeof(server->conns[0]));

	if (!server)
		return NULL;
	server->room = room;
	server->connections = limits->connections;
	server->shared = (struct http_shared){
		.base = base,
		.handler = *handler,
		.bodies =
			{
				.limit = limits->body,
				.total_limit = limits->bodies,
				.make_room = server_make_room,
				.grew = server_grew,
			},
		.gone = server_gone,
	};
	return server;
}

int http_server_listen(struct http_server *server, const char *address, uint16_t port)
{
	struct listener *listener = &server->listeners[server->listening];
	int fd;

	if (server->listening == LISTENERS)
		return -ENOSPC;
	fd = listen_on(address, &port);
	if (fd < 0)
		return fd;
	*listener = (struct listener){.server = server, .fd = fd};
	event_assign(&listener->event, server->shared.base, fd, EV_READ | EV_PERSIST, on_acceptable,
		     listener);
	event_assign(&listener->timer, server->shared.base, -1, 0, on_rested, listener);
	if (event_add(&listener->event, NULL) != 0) {
		close(fd);
		return -ENOMEM;
	}
	server->listening++;
	return port;
}

unsigned http_server_pending(struct http_server *server)
{
	struct pollfd waiting[LISTENERS];
	unsigned pending = 0;

	for (size_t i = 0; i < server->listening; i++)
		waiting[i] = (struct pollfd){.fd = server->listeners[i].fd, .events = POLLIN};
	if (poll(waiting, server->listening, 0) > 0) {
		for (size_t i = 0; i < server->listening; i++)
			pending += waiting[i].revents != 0;
	}
	for (size_t i = 0; i < server->count; i++)
		pending += http_conn_pending(server->conns[i]);
	return pending;
}

size_t http_server_held(const struct http_server *server)
{
	return server->shared.bodies.held;
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < server->count; i++)
		http_conn_free(server->conns[i]);
	for (size_t i = 0; i < server->listening; i++) {
		event_del(&server->listeners[i].event);
		event_del(&server->listeners[i].timer);
		close(server->listeners[i].fd);
	}
	free(server);
}
