/* SPDX-License-Identifier: Apache-2.0 */
/* The connections of a server: at most so many, and which of them give way to others. Private to
 * the servers. */
#ifndef EDGES_CONNS_H
#define EDGES_CONNS_H

#include "edges/conn.h"
#include "edges/listeners.h"

struct conns {
	/* What is to be set: base, protocol and owner. */
	struct conn_shared shared;
	/* shared.bodies.held has grown. May be NULL. */
	void (*grew)(void *ctx);
	void *ctx;

	/* Private. */
	struct listeners listeners;
	unsigned limit;
	size_t count, room;
	struct conn **at;
};

/* None yet, within `limits` (struct http_limits says what happens at them). It must not be moved
 * until conns_close(). False where memory is short. */
bool conns_open(struct conns *conns, const struct http_limits *limits);

/* Connections with a request begun and not yet answered or with unread bytes, and those that are
 * not yet accepted. */
unsigned conns_pending(const struct conns *conns);

/* Closes everything. */
void conns_close(struct conns *conns);

#endif
