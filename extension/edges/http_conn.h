/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of the server: reads, answers in order, closes so that the answer arrives.
 * Private to the server. */
#ifndef EDGES_HTTP_CONN_H
#define EDGES_HTTP_CONN_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "edges/http.h"
#include "edges/http_request.h"
#include "edges/readings.h"

struct http_conn;

/* What the connections of a server share. */
struct http_shared {
	struct event_base *base;
	struct http_handler handler;
	struct http_bodies bodies;
	struct readings readings;
	/* The connection is about to free itself: forget it. */
	void (*gone)(struct http_shared *shared, struct http_conn *conn);
};

enum http_conn_state {
	HTTP_CONN_OPEN,
	HTTP_CONN_CLOSING,   /* no more requests are read; the answer is not all sent */
	HTTP_CONN_LINGERING, /* all is sent; the peer may still be sending, and has to be heard
			      * out for a while: a reset would take the answer from it */
	HTTP_CONN_DEAD,
};

struct http_conn {
	struct http_shared *shared;
	int fd;
	size_t slot;    /* the server's: where in its table */
	uint64_t heard; /* the last of shared->readings that was its own */
	enum http_conn_state state;
	bool answered; /* the request has its answer: its rest is only walked over */
	bool eof;      /* the peer sends no more */
	struct http_request request;
	struct bytes out; /* what the socket would not take at once */
	size_t sent;      /* of it */
	size_t patience;  /* bytes to be heard out */
	struct event readable, writable, timer;
};

/* Takes the socket over. NULL where memory is short; the socket is then closed. */
struct http_conn *http_conn_new(struct http_shared *shared, int fd);

/* Tells a connection why its request will not be read, with 503. May free it. */
void http_conn_turn_away(struct http_conn *conn, const char *message);

/* Is it between two requests, with nothing to read or to send? */
bool http_conn_idle(const struct http_conn *conn);

/* Has it a request that is begun and not yet answered, or unread bytes? */
bool http_conn_pending(const struct http_conn *conn);

/* Is it in the middle of a body with nothing more to read, and was not heard in this turn of the
 * loop? No time is measured: a freeze stops the clients too, and passes while nobody could send.
 * So a client that a freeze has caught halfway is one of these until it is heard again; but only
 * others that send while the room is used up make it give way, and 503 tells it to come again. */
bool http_conn_stalled(const struct http_conn *conn);

/* Closes without telling shared->gone. */
void http_conn_free(struct http_conn *conn);

#endif
