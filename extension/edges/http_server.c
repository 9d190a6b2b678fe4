/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/http_server.h"

#include <stdlib.h>

#include "edges/conns.h"
#include "edges/http_conn.h"

struct http_server {
	struct conns conns;
	struct http_handler handler;
};

struct http_server *http_server_new(struct event_base *base, const struct http_limits *limits,
				    const struct http_handler *handler)
{
	struct http_server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->handler = *handler;
	server->conns = (struct conns){
		.shared = {.base = base,
			   .protocol = &http_conn_protocol,
			   .owner = &server->handler},
		.grew = handler->grew,
		.ctx = handler->ctx,
	};
	if (!conns_open(&server->conns, limits)) {
		free(server);
		return NULL;
	}
	return server;
}

int http_server_listen(struct http_server *server, const char *address, uint16_t port)
{
	return listeners_add(&server->conns.listeners, address, port);
}

unsigned http_server_pending(struct http_server *server)
{
	return conns_pending(&server->conns);
}

size_t http_server_held(const struct http_server *server)
{
	return server->conns.shared.bodies.held;
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	conns_close(&server->conns);
	free(server);
}
