/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/grpc_server.h"

#include <stdlib.h>

#include "edges/conns.h"
#include "edges/grpc_conn.h"

struct grpc_server {
	struct conns conns;
};

struct grpc_server *grpc_server_new(struct event_base *base, const struct http_limits *limits,
				    const struct otlp_sink *sink)
{
	struct grpc_server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->conns = (struct conns){
		.shared = {.base = base, .protocol = &grpc_conn_protocol, .owner = sink},
		.grew = sink->grew,
		.ctx = sink->ctx,
	};
	if (!conns_open(&server->conns, limits)) {
		free(server);
		return NULL;
	}
	return server;
}

int grpc_server_listen(struct grpc_server *server, const char *address, uint16_t port)
{
	return listeners_add(&server->conns.listeners, address, port);
}

unsigned grpc_server_pending(struct grpc_server *server)
{
	return conns_pending(&server->conns);
}

size_t grpc_server_held(const struct grpc_server *server)
{
	return server->conns.shared.bodies.held;
}

void grpc_server_free(struct grpc_server *server)
{
	if (!server)
		return;
	conns_close(&server->conns);
	free(server);
}
