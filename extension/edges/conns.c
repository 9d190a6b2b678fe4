/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/conns.h"

#include <stdlib.h>
#include <unistd.h>

/* Connections over the limit that are being told so. */
#define TURNED_AWAY 8

static struct conns *conns_of(struct http_bodies *bodies)
{
	return (struct conns *)(void *)((char *)bodies - offsetof(struct conns, shared.bodies));
}

static void forget(struct conn_shared *shared, struct conn *conn)
{
	struct conns *conns = conns_of(&shared->bodies);
	struct conn *last = conns->at[--conns->count];

	last->slot = conn->slot;
	conns->at[last->slot] = last;
}

static bool is_closing(const struct conn *conn)
{
	return conn->state != CONN_OPEN;
}

/* The connection that was heard of least recently among those that are `such`, or NULL. */
static struct conn *find_oldest(struct conns *conns, bool (*such)(const struct conn *))
{
	struct conn *oldest = NULL;

	for (size_t i = 0; i < conns->count; i++) {
		struct conn *conn = conns->at[i];

		if ((!oldest || conn->heard < oldest->heard) && such(conn))
			oldest = conn;
	}
	return oldest;
}

/* Closes that one, by `end`. */
static bool evict(struct conns *conns, bool (*such)(const struct conn *),
		  void (*end)(struct conn *))
{
	struct conn *oldest = find_oldest(conns, such);

	if (!oldest)
		return false;
	forget(&conns->shared, oldest);
	end(oldest);
	return true;
}

static bool fits(const struct http_bodies *bodies, size_t bytes)
{
	return bodies->held + bytes <= bodies->total_limit;
}

/* Those that have stalled give way, if all of them together are enough. */
static bool make_room(struct http_bodies *bodies, size_t bytes)
{
	struct conns *conns = conns_of(bodies);
	struct conn *oldest;
	size_t stalled = 0;

	for (size_t i = 0; i < conns->count; i++) {
		if (conn_stalled(conns->at[i]))
			stalled += conns->shared.protocol->held(conns->at[i]);
	}
	if (bodies->held - stalled + bytes > bodies->total_limit)
		return false;
	while (!fits(bodies, bytes) && (oldest = find_oldest(conns, conn_stalled)))
		conn_give_way(oldest);
	return fits(bodies, bytes);
}

static void on_grown(struct http_bodies *bodies)
{
	const struct conns *conns = conns_of(bodies);

	if (conns->grew)
		conns->grew(conns->ctx);
}

static void admit(void *ctx, int fd)
{
	struct conns *conns = ctx;
	struct conn *conn;
	size_t open = 0;
	bool full;

	for (size_t i = 0; i < conns->count; i++)
		open += !is_closing(conns->at[i]);
	full = open >= conns->limit && !evict(conns, conn_idle, conn_dismiss);
	if (conns->count == conns->room && !evict(conns, is_closing, conn_free)) {
		close(fd);
		return;
	}
	conn = conn_new(&conns->shared, fd);
	if (!conn)
		return;
	conn->slot = conns->count;
	conns->at[conns->count++] = conn;
	if (full)
		conn_turn_away(conn, "too many connections");
}

bool conns_open(struct conns *conns, const struct http_limits *limits)
{
	conns->limit = limits->connections;
	conns->room = (size_t)limits->connections + TURNED_AWAY;
	conns->at = calloc(conns->room, sizeof(struct conn *));
	if (!conns->at)
		return false;
	conns->shared.bodies = (struct http_bodies){
		.limit = limits->body,
		.total_limit = limits->bodies,
		.make_room = make_room,
		.grew = on_grown,
	};
	conns->shared.gone = forget;
	readings_open(&conns->shared.readings, conns->shared.base);
	conns->listeners =
		(struct listeners){.base = conns->shared.base, .admit = admit, .ctx = conns};
	return true;
}

unsigned conns_pending(const struct conns *conns)
{
	unsigned pending = listeners_waiting(&conns->listeners);

	for (size_t i = 0; i < conns->count; i++)
		pending += conn_pending(conns->at[i]);
	return pending;
}

void conns_close(struct conns *conns)
{
	for (size_t i = 0; i < conns->count; i++)
		conn_free(conns->at[i]);
	listeners_close(&conns->listeners);
	readings_close(&conns->shared.readings);
	free(conns->at);
}
