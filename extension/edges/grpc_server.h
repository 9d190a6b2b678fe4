/* SPDX-License-Identifier: Apache-2.0 */
/* The OTLP/gRPC receiver on the loop: HTTP/2 without TLS, with prior knowledge (RFC 9113, section
 * 3.3), by nghttp2 and libevent. Every call is answered as soon as its message is there. No
 * connection or call is closed for being slow: a freeze may lie between two bytes. */
#ifndef EDGES_GRPC_SERVER_H
#define EDGES_GRPC_SERVER_H

#include <event2/event.h>

#include "edges/otlp_http.h"

struct grpc_server;

/* Limits as in struct http_limits: `body` is one message's (sink->limit), `bodies` of all
 * half-received messages. Over `body`: RESOURCE_EXHAUSTED. Over `bodies` calls that have stalled
 * give way, else the one that asks for more does: UNAVAILABLE, which is to be tried again. Over
 * `connections` the one that has been idle for longest gets a GOAWAY, and where none is idle the
 * new one does. NULL where memory is short. `sink` must outlive it. */
struct grpc_server *grpc_server_new(struct event_base *base, const struct http_limits *limits,
				    const struct otlp_sink *sink);

/* As http_server_listen(), http_server_pending() and http_server_held(). */
int grpc_server_listen(struct grpc_server *server, const char *address, uint16_t port);
unsigned grpc_server_pending(struct grpc_server *server);
size_t grpc_server_held(const struct grpc_server *server);

/* Closes everything. NULL is fine. */
void grpc_server_free(struct grpc_server *server);

#endif
