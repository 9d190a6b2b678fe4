/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/http_server.h"

#include <stdlib.h>
#include <unistd.h>

#include "edges/http_conn.h"
#include "edges/listeners.h"

/* Connections over the limit that are being told so. */
#define TURNED_AWAY 8

struct http_server {
	struct http_shared shared; /* first: see server_gone() */
	struct listeners listeners;
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

static void server_admit(void *ctx, int fd)
{
	struct http_server *server = ctx;
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
	readings_open(&server->shared.readings, base);
	server->listeners = (struct listeners){.base = base, .admit = server_admit, .ctx = server};
	return server;
}

int http_server_listen(struct http_server *server, const char *address, uint16_t port)
{
	return listeners_add(&server->listeners, address, port);
}

unsigned http_server_pending(struct http_server *server)
{
	unsigned pending = listeners_waiting(&server->listeners);

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
	listeners_close(&server->listeners);
	readings_close(&server->shared.readings);
	free(server);
}
