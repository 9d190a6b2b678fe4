/* SPDX-License-Identifier: Apache-2.0 */
/* A server with small limits and a client's view of it, for the tests of the HTTP server. */
#ifndef TESTS_UNIT_HTTP_FIXTURE_H
#define TESTS_UNIT_HTTP_FIXTURE_H

#include "edges/http_server.h"
#include "loop_client.h"

#define KB ((size_t)1 << 10)
#define MB ((size_t)1 << 20)

/* A request that is answered with "hello". */
#define POST_HELLO                                                                                 \
	"POST /v1/traces?a=/?b HTTP/1.1\r\nHost: x\r\n"                                            \
	"Content-TYPE: Application/JSON ; charset=a\r\n"                                           \
	"content-encoding: GZIP \t\r\nContent-Length: 5\r\n\r\nhello"

/* Bodies of 4 MiB, 6 MiB of all together, 6 connections. */
extern const struct http_limits http_fixture_limits;

struct fixture {
	struct event_base *base;
	struct http_server *server;
	int port;
	unsigned heads, requests; /* seen by the handler */
	unsigned grew;            /* how often it was told of more held */
	size_t most;              /* held when it was told */
	struct http_head last;    /* but for its path, which is here: */
	char path[256];
};

/* Set-up and tear-down for cmocka. The handler refuses /refused, answers /large with 8 MiB,
 * /nothing with 204, and all else with the request's body. In the end nothing may be held. */
int http_fixture_new(void **state);
int http_fixture_free(void **state);

struct client connected(struct fixture *f);

/* Has everything that was begun been answered? */
bool none_pending(struct fixture *f);

/* Are at least so many bytes of half-received bodies held? */
bool holds(struct fixture *f, size_t bytes);

#endif
