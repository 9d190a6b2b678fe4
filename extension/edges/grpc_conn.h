/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of the gRPC server: the socket on the loop, around the session. Closes so that what
 * was said last arrives. Private to the server. */
#ifndef EDGES_GRPC_CONN_H
#define EDGES_GRPC_CONN_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "edges/grpc_session.h"
#include "edges/readings.h"

struct grpc_conn;

/* What the connections of a server share. */
struct grpc_shared {
	struct event_base *base;
	const struct otlp_sink *sink;
	struct http_bodies bodies;
	struct readings readings;
	/* The connection is about to free itself: forget it. */
	void (*gone)(struct grpc_shared *shared, struct grpc_conn *conn);
};

enum grpc_conn_state {
	GRPC_CONN_OPEN,
	GRPC_CONN_CLOSING,   /* nothing more is read; what is to be said is not all sent */
	GRPC_CONN_LINGERING, /* all is sent; the peer may still be sending, and has to be heard
			      * out for a while: a reset would take our last word from it */
	GRPC_CONN_DEAD,
};

struct grpc_conn {
	struct grpc_shared *shared;
	int fd;
	size_t slot;    /* the server's: where in its table */
	uint64_t heard; /* the last of shared->readings that was its own */
	enum grpc_conn_state state;
	bool eof; /* the peer sends no more */
	struct grpc_session session;
	struct bytes out; /* what is to be sent before all else */
	size_t sent;      /* of it */
	size_t patience;  /* bytes to be heard out */
	struct event readable, writable, timer;
};

/* Takes the socket over. NULL where memory is short; the socket is then closed. */
struct grpc_conn *grpc_conn_new(struct grpc_shared *shared, int fd);

/* Tells the peer in a GOAWAY why it will not be served, and closes. May free it. */
void grpc_conn_turn_away(struct grpc_conn *conn, const char *text);

/* As that, without an error, and at once: for one that is idle. */
void grpc_conn_dismiss(struct grpc_conn *conn);

/* Has it no call that is not answered, and nothing to read or to send? */
bool grpc_conn_idle(const struct grpc_conn *conn);

/* Has it a call that is not answered, or unread bytes? */
bool grpc_conn_pending(const struct grpc_conn *conn);

/* Does it hold parts of messages, with nothing more to read, and was not heard in this turn of the
 * loop? See http_conn_stalled(): only others that send while the room is used up make it give way,
 * which its calls are told with UNAVAILABLE. */
bool grpc_conn_stalled(const struct grpc_conn *conn);
void grpc_conn_give_way(struct grpc_conn *conn);

/* Closes without telling shared->gone. */
void grpc_conn_free(struct grpc_conn *conn);

#endif
