/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/grpc_server.h"

#include <stdlib.h>
#include <unistd.h>

#include "edges/grpc_conn.h"
#include "edges/listeners.h"

/* Connections over the limit that are being told so. */
#define TURNED_AWAY 8

struct grpc_server {
	struct grpc_shared shared; /* first: see server_gone() */
	struct listeners listeners;
	size_t count, room;
	unsigned connections; /* limit */
	struct grpc_conn *conns[];
};

static struct grpc_server *server_of(struct http_bodies *bodies)
{
	return (struct grpc_server *)(void *)((char *)bodies -
					      offsetof(struct grpc_server, shared.bodies));
}

static void server_gone(struct grpc_shared *shared, struct grpc_conn *conn)
{
	struct grpc_server *server = (struct grpc_server *)shared;
	struct grpc_conn *last = server->conns[--server->count];

	last->slot = conn->slot;
	server->conns[last->slot] = last;
}

static bool is_closing(const struct grpc_conn *conn)
{
	return conn->state != GRPC_CONN_OPEN;
}

/* The connection that was heard of least recently among those that are `such`, or NULL. */
static struct grpc_conn *server_oldest(struct grpc_server *server,
				       bool (*such)(const struct grpc_conn *))
{
	struct grpc_conn *oldest = NULL;

	for (size_t i = 0; i < server->count; i++) {
		struct grpc_conn *conn = server->conns[i];

		if ((!oldest || conn->heard < oldest->heard) && such(conn))
			oldest = conn;
	}
	return oldest;
}

static bool fits(const struct http_bodies *bodies, size_t bytes)
{
	return bodies->held + bytes <= bodies->total_limit;
}

/* Stalled messages give way, if all of them together are enough. */
static bool server_make_room(struct http_bodies *bodies, size_t bytes)
{
	struct grpc_server *server = server_of(bodies);
	struct grpc_conn *oldest;
	size_t stalled = 0;

	for (size_t i = 0; i < server->count; i++) {
		if (grpc_conn_stalled(server->conns[i]))
			stalled += grpc_session_held(&server->conns[i]->session);
	}
	if (bodies->held - stalled + bytes > bodies->total_limit)
		return false;
	while (!fits(bodies, bytes) && (oldest = server_oldest(server, grpc_conn_stalled)))
		grpc_conn_give_way(oldest);
	return fits(bodies, bytes);
}

static void server_grew(struct http_bodies *bodies)
{
	const struct otlp_sink *sink = server_of(bodies)->shared.sink;

	if (sink->grew)
		sink->grew(sink->ctx);
}

/* Makes room in the table. */
static bool server_evict(struct grpc_server *server)
{
	struct grpc_conn *oldest = server_oldest(server, is_closing);

	if (!oldest)
		return false;
	server_gone(&server->shared, oldest);
	grpc_conn_free(oldest);
	return true;
}

static bool server_dismiss(struct grpc_server *server)
{
	struct grpc_conn *oldest = server_oldest(server, grpc_conn_idle);

	if (oldest)
		grpc_conn_dismiss(oldest);
	return oldest;
}

static void server_admit(void *ctx, int fd)
{
	struct grpc_server *server = ctx;
	struct grpc_conn *conn;
	size_t open = 0;
	bool full;

	for (size_t i = 0; i < server->count; i++)
		open += !is_closing(server->conns[i]);
	full = open >= server->connections && !server_dismiss(server);
	if (server->count == server->room && !server_evict(server)) {
		close(fd);
		return;
	}
	conn = grpc_conn_new(&server->shared, fd);
	if (!conn)
		return;
	conn->slot = server->count;
	server->conns[server->count++] = conn;
	if (full)
		grpc_conn_turn_away(conn, "too many connections");
}

struct grpc_server *grpc_server_new(struct event_base *base, const struct http_limits *limits,
				    const struct otlp_sink *sink)
{
	size_t room = (size_t)limits->connections + TURNED_AWAY;
	struct grpc_server *server = calloc(1, sizeof(*server) + room * sizeof(server->conns[0]));

	if (!server)
		return NULL;
	server->room = room;
	server->connections = limits->connections;
	server->shared = (struct grpc_shared){
		.base = base,
		.sink = sink,
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

int grpc_server_listen(struct grpc_server *server, const char *address, uint16_t port)
{
	return listeners_add(&server->listeners, address, port);
}

unsigned grpc_server_pending(struct grpc_server *server)
{
	unsigned pending = listeners_waiting(&server->listeners);

	for (size_t i = 0; i < server->count; i++)
		pending += grpc_conn_pending(server->conns[i]);
	return pending;
}

size_t grpc_server_held(const struct grpc_server *server)
{
	return server->shared.bodies.held;
}

void grpc_server_free(struct grpc_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < server->count; i++)
		grpc_conn_free(server->conns[i]);
	listeners_close(&server->listeners);
	readings_close(&server->shared.readings);
	free(server);
}
