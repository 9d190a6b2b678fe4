/* SPDX-License-Identifier: Apache-2.0 */
/* The OTLP/HTTP receiver: POST /v1/traces, /v1/logs, /v1/metrics with protobuf or JSON, plain or
 * gzip (OTLP specification, section OTLP/HTTP). */
#ifndef EDGES_OTLP_HTTP_H
#define EDGES_OTLP_HTTP_H

#include <event2/event.h>

#include "base/bytes.h"
#include "edges/http_server.h"
#include "wire/otlp.h"

/* No message may be larger, whatever memory there is. */
#define OTLP_BODY_LIMIT ((size_t)20 << 20)

/* How large one may be where `memory` is for all data: a body needs room beside others, and more
 * where it is compressed. */
size_t otlp_body_limit(size_t memory);

struct otlp_sink {
	/* A valid message, decompressed and as protobuf. Takes the bytes over (moves them) and
	 * returns true; false means that there is no room now: the client is told 503 with
	 * Retry-After. */
	bool (*accept)(void *ctx, enum otlp_signal signal, struct bytes *message,
		       const struct otlp_verdict *verdict);
	/* Half-received bodies hold more than before: struct http_handler. May be NULL. */
	void (*grew)(void *ctx);
	void *ctx;
	/* otlp_body_limit(), for a message as it is sent (to be the http_limits.body of the server
	 * too) and as decompressed. For one in JSON it is at most OTLP_JSON_LIMIT. */
	size_t limit;
};

#define OTLP_TOO_LARGE_TEXT 160

/* That `what` is too large, and what helps, for people: `largest` is what it may have at most, and
 * `limit` what it may have with this LULL_BUFFER. */
void otlp_say_too_large(const char *what, size_t limit, size_t largest,
			char text[static OTLP_TOO_LARGE_TEXT]);

/* A handler for http_server_new() that answers by the specification; `sink` must outlive it. */
struct http_handler otlp_http_handler(const struct otlp_sink *sink);

#endif
