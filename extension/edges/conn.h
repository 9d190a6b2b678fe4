/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of a server, whatever is spoken on it: the socket on the loop. Reads, sends, and
 * closes so that what was said last arrives. Private to the servers. */
#ifndef EDGES_CONN_H
#define EDGES_CONN_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "edges/http.h"
#include "edges/readings.h"

struct conn;
struct conn_shared;

/* What is spoken. All but `make` may change conn->state and say something by conn_send(). */
struct conn_protocol {
	/* {0}, but for what is the protocol's own. NULL where memory is short. */
	struct conn *(*make)(struct conn_shared *shared);
	void (*free)(struct conn *conn);
	/* Where the next bytes belong, at most *len; NULL: anywhere. May be NULL itself. */
	uint8_t *(*place)(struct conn *conn, size_t *len);
	/* These have come. Returns whether more of them are likely. */
	bool (*input)(struct conn *conn, struct slice input);
	/* It is open, and the peer sends no more. May be NULL. */
	void (*ended)(struct conn *conn);
	/* All is sent: puts what is next into conn->out. May be NULL. */
	void (*output)(struct conn *conn);
	/* Has it a request that is begun and not yet answered? */
	bool (*busy)(const struct conn *conn);
	/* Bytes held for such requests. */
	size_t (*held)(const struct conn *conn);
	/* Why it will not be served, or not any more; with that it closes. */
	void (*turn_away)(struct conn *conn, const char *message);
	/* It has stalled, and others need the room. */
	void (*give_way)(struct conn *conn);
	/* It is idle, and others need the connection. May be NULL. */
	void (*dismiss)(struct conn *conn);
};

/* What the connections of a server share. */
struct conn_shared {
	struct event_base *base;
	const struct conn_protocol *protocol;
	const void *owner; /* the protocol's: who answers */
	struct http_bodies bodies;
	struct readings readings;
	/* The connection is about to free itself: forget it. */
	void (*gone)(struct conn_shared *shared, struct conn *conn);
};

enum conn_state {
	CONN_OPEN,
	CONN_CLOSING,   /* nothing more is read; what is to be said is not all sent */
	CONN_LINGERING, /* all is sent; the peer may still be sending, and has to be heard out for a
			 * while: a reset would take our last word from it */
	CONN_DEAD,
};

/* The first member of a protocol's own. */
struct conn {
	struct conn_shared *shared;
	int fd;
	size_t slot;    /* the server's: where in its table */
	uint64_t heard; /* the last of shared->readings that was its own */
	enum conn_state state;
	bool eof;         /* the peer sends no more */
	struct bytes out; /* what is to be sent before all else */
	size_t sent;      /* of it */
	size_t patience;  /* bytes to be heard out */
	struct event readable, writable, timer;
};

/* Takes the socket over. NULL where memory is short; the socket is then closed. */
struct conn *conn_new(struct conn_shared *shared, int fd);

/* Sends as much as goes at once and keeps the rest, so that answers stay in order. */
void conn_send(struct conn *conn, struct slice first, struct slice second);

/* These tell the peer, and go on from there. May free it. */
void conn_turn_away(struct conn *conn, const char *message);
void conn_give_way(struct conn *conn);

/* Tells an idle one, if the protocol has a word for that, and frees it. Does not tell
 * shared->gone. */
void conn_dismiss(struct conn *conn);

/* Is it between two requests, with nothing to read or to send? */
bool conn_idle(const struct conn *conn);

/* Has it a request that is begun and not yet answered, or unread bytes? */
bool conn_pending(const struct conn *conn);

/* Does it hold a part of a request with nothing more to read, and was not heard in this turn of the
 * loop? No time is measured: a freeze stops the clients too, and passes while nobody could send.
 * So a client that a freeze has caught halfway is one of these until it is heard again; but only
 * others that send while the room is used up make it give way, and it is told to come again. */
bool conn_stalled(const struct conn *conn);

/* Closes without telling shared->gone. */
void conn_free(struct conn *conn);

#endif
