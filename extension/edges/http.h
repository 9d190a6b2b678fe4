/* SPDX-License-Identifier: Apache-2.0 */
/* What passes between an HTTP server and those who answer: heads, answers, limits. */
#ifndef EDGES_HTTP_H
#define EDGES_HTTP_H

#include "base/bytes.h"

struct http_head {
	char method[24];           /* "POST" */
	struct slice path;         /* without query; valid during the call */
	char content_type[128];    /* without parameters, lower case; "" where absent */
	char content_encoding[64]; /* lower case; "" where absent */
	bool has_length;
	uint64_t length; /* Content-Length */
};

/* What to answer. {.status = 0} is none. */
struct http_answer {
	unsigned status;
	const char *content_type; /* constant, or NULL for no body */
	const char *header;       /* one more whole header line "Allow: POST", constant, or NULL */
	struct bytes body;        /* moved to the server */
};

struct http_handler {
	/* The head is there, the body not yet read. An answer here refuses the request: it is
	 * sent, and the connection is closed if a body would follow. Called for every request.
	 * May be NULL. */
	void (*head)(void *ctx, const struct http_head *head, struct http_answer *answer);
	/* All is there. The body may be moved away. Must answer. */
	void (*request)(void *ctx, const struct http_head *head, struct bytes *body,
			struct http_answer *answer);
	/* What the server itself refuses (400 for what is no HTTP, 413, 414, 417, 431, 501, 503,
	 * 505): status and header are filled in, content type and body are for this to add.
	 * `message` is for people; `head` may be empty. May be NULL. */
	void (*refused)(void *ctx, const struct http_head *head, const char *message,
			struct http_answer *answer);
	/* Half-received bodies hold more than before: http_server_held() says how much. Whoever
	 * keeps what was received before can give way now. May be NULL. */
	void (*grew)(void *ctx);
	void *ctx;
};

/* Limits: one body, all half-received bodies of the server together, connections. Over `body`:
 * 413. Over `bodies` those give way that have stalled (conn_stalled()), the one that was
 * heard of least recently first, and where that is not enough the one that asks for more does:
 * 503 with Retry-After: 1. A body that comes in one piece holds nothing up and is not refused.
 * Over `connections` the one that has been idle for longest is closed, and where none is idle the
 * new one gets 503. */
struct http_limits {
	size_t body;
	size_t bodies;
	unsigned connections;
};

/* What the requests of a server share: the account of memory for their bodies. Bytes received are
 * counted, not those reserved: the kernel gives no memory before it is written to. */
struct http_bodies {
	size_t limit, total_limit; /* of one, of all */
	size_t held;
	/* There is no room for so many bytes: returns whether there is now. */
	bool (*make_room)(struct http_bodies *bodies, size_t bytes);
	/* `held` has grown. */
	void (*grew)(struct http_bodies *bodies);
};

#endif
