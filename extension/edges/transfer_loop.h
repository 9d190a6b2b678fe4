/* SPDX-License-Identifier: Apache-2.0 */
/* curl's multi interface on libevent, with an eye on its connections. */
#ifndef EDGES_TRANSFER_LOOP_H
#define EDGES_TRANSFER_LOOP_H

#include <curl/curl.h>
#include <event2/event.h>
#include <stdbool.h>

#include "domain/config.h"

struct transfer_connection;

struct transfer_loop {
	struct event_base *base;
	CURLM *multi; /* NULL before transfer_loop_wake() */
	struct event *timer;
	struct transfer_connection *connections;
	/* Told when a request has ended, at the end of the turn's work for curl. */
	void (*ended)(CURL *easy, CURLcode code);
};

/* False where memory is short. */
bool transfer_loop_init(struct transfer_loop *loop, struct event_base *base,
			void (*ended)(CURL *easy, CURLcode code));

/* Closes all connections; no request may be left. */
void transfer_loop_free(struct transfer_loop *loop);

/* Starts libcurl, once; false where that fails. */
bool transfer_loop_wake(struct transfer_loop *loop);

/* To be told of each socket that curl opens for a connection, by whose settings. */
bool transfer_loop_opened(struct transfer_loop *loop, curl_socket_t fd,
			  const struct export_settings *of);

/* Some of the connections: those of settings that are `alike` to `of`; NULL: all. */
struct transfer_some {
	const struct export_settings *of;
	bool (*alike)(const struct export_settings *a, const struct export_settings *b);
};

/* For CURLOPT_CLOSESOCKETFUNCTION, `loop` as its data. */
int transfer_loop_close(void *loop, curl_socket_t fd);

/* None of those connections that are there now is to be used again: the idle ones are ended, the
 * others as soon as they are idle. */
void transfer_loop_distrust(struct transfer_loop *loop, const struct transfer_some *some);

/* Is one of those, distrusted, still there, because a request is under way on it? HTTP/2 would put
 * another one beside that. */
bool transfer_loop_has_distrusted(const struct transfer_loop *loop,
				  const struct transfer_some *some);

/* Does anything that has come in wait to be read by curl? */
bool transfer_loop_readable(const struct transfer_loop *loop);

#endif
