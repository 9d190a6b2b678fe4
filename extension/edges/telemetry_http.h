/* SPDX-License-Identifier: Apache-2.0 */
/* The listener of the Telemetry API. */
#ifndef EDGES_TELEMETRY_HTTP_H
#define EDGES_TELEMETRY_HTTP_H

#include "edges/http_server.h"

struct telemetry_sink {
	void (*accept)(void *ctx, struct slice body);
	/* Half-received bodies hold more than before: struct http_handler. May be NULL. */
	void (*grew)(void *ctx);
	void *ctx;
};

/* A handler for http_server_new(); `sink` must outlive it. What is posted is answered with 200
 * whatever it is: Lambda sends again and again what was answered with an error. */
struct http_handler telemetry_http_handler(const struct telemetry_sink *sink);

#endif
