/* SPDX-License-Identifier: Apache-2.0 */
/* As much HTTP/1.1 as the benchmark needs: messages with a Content-Length, connections kept. */
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include <stddef.h>

#include "loop.h"

#define HTTP_PEERS 16

/* A message's bytes as they come. */
struct http_buffer {
	char *data;
	size_t len, cap;
};

/* A whole request; valid during the call of `serve`. */
struct http_request {
	const char *head; /* terminated: request line and headers */
	const char *body;
	size_t body_len;
};

struct http_server;

struct http_peer {
	struct http_server *server;
	int fd; /* -1: free */
	struct http_buffer in;
};

struct http_server {
	struct loop *loop;
	int listener;
	uint16_t port;
	struct http_peer peers[HTTP_PEERS];
	void (*serve)(void *ctx, struct http_peer *peer, const struct http_request *request);
	void *ctx;
};

/* Listens on 127.0.0.1 at a port of the kernel's choice. */
void http_listen(struct http_server *server, struct loop *loop,
		 void (*serve)(void *, struct http_peer *, const struct http_request *), void *ctx);

/* Nobody listens at the port any more, and what was open ends: connections are refused. The port
 * stays taken. */
void http_leave(struct http_server *server);
void http_return(struct http_server *server);

/* Ends the connections that are open; new ones are still taken. */
void http_drop_peers(struct http_server *server);

/* Answers with JSON; `headers` are whole lines or "". */
void http_answer(struct http_peer *peer, unsigned status, const char *headers, const char *body);

/* A connection to a server on 127.0.0.1. */
#define HTTP_IDLE 1
struct http_client {
	struct loop *loop;
	int fd;
	unsigned status; /* of the last answer, HTTP_IDLE before; 0: it has not come yet */
	struct http_buffer in;
};

void http_connect(struct http_client *client, struct loop *loop, uint16_t port);
void http_close(struct http_client *client);

/* Posts and serves the loop until the answer is there. Returns the nanoseconds between. Anything
 * but 200 ends the benchmark. */
int64_t http_post(struct http_client *client, const char *path, const char *type, const void *body,
		  size_t len);

#endif
