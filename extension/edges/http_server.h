/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/1.1 server on the loop (RFC 9112), by llhttp and libevent: requests of bounded size in,
 * an answer at once. Bodies are given up before they are read where the head says that they will
 * not be wanted. No connection is closed for being slow: a freeze may lie between two bytes. */
#ifndef EDGES_HTTP_SERVER_H
#define EDGES_HTTP_SERVER_H

#include <event2/event.h>

#include "edges/http.h"

struct http_server;

/* NULL where memory is short. `limits` and `handler` are copied. */
struct http_server *http_server_new(struct event_base *base, const struct http_limits *limits,
				    const struct http_handler *handler);

/* Listens on a literal address; port 0 chooses one. Returns the port, or -errno. May be called
 * several times. */
int http_server_listen(struct http_server *server, const char *address, uint16_t port);

/* Requests begun and not yet answered, connections that hold unread bytes or are not yet accepted
 * included: at SHUTDOWN the last data has come when this is 0. */
unsigned http_server_pending(struct http_server *server);

/* Bytes held for half-received bodies. */
size_t http_server_held(const struct http_server *server);

/* Closes everything. NULL is fine. */
void http_server_free(struct http_server *server);

#endif
