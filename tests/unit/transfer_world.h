/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers, and the other end of their connections, which a test plays byte by byte in the same
 * thread. */
#ifndef TESTS_UNIT_TRANSFER_WORLD_H
#define TESTS_UNIT_TRANSFER_WORLD_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/now.h"
#include "edges/transfer.h"
#include "edges/transfer_state.h"
#include "loop_client.h"

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)
#define OWN_PORT 1 /* lull's, where nobody listens */
#define OWN_GRPC_PORT 2
#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

struct world {
	struct event_base *base;
	struct transfers *transfers;
	struct config config;
	struct export_settings settings;
	char url[64];
	int listener;
	int port_holder; /* has its port, too, and does not listen */

	/* Of the last transfer that ended. */
	unsigned ended;
	struct transfer_result last;
	char error[256], body[64];
	size_t body_size;
};

static inline int world_socket(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)address, sizeof *address), 0);
	return fd;
}

static inline int world_new(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	struct world *w = calloc(1, sizeof *w);

	w->base = event_base_new();
	w->config.http_port = OWN_PORT;
	w->config.grpc_port = OWN_GRPC_PORT;
	w->transfers = transfers_new(w->base, "/nowhere", &w->config);
	assert_non_null(w->transfers);
	w->listener = world_socket(&address);
	assert_int_equal(getsockname(w->listener, (struct sockaddr *)&address, &size), 0);
	w->port_holder = world_socket(&address);
	assert_int_equal(listen(w->listener, 16), 0);
	snprintf(w->url, sizeof w->url, "http://127.0.0.1:%u/v1/traces", ntohs(address.sin_port));
	w->settings = (struct export_settings){.endpoint = w->url,
					       .timeout = 30 * NS_PER_S,
					       .compression = COMPRESSION_NONE};
	*state = w;
	return 0;
}

static inline int world_free(void **state)
{
	struct world *w = *state;

	transfers_free(w->transfers);
	event_base_free(w->base);
	close(w->listener);
	close(w->port_holder);
	free(w);
	return 0;
}

/* Nobody listens any more, and nobody else can have the port meanwhile. */
static inline void world_refuses(struct world *w)
{
	close(w->listener);
	w->listener = dup(0);
}

static inline void world_ended(void *ctx, const struct transfer_result *result)
{
	struct world *w = ctx;

	w->ended++;
	w->last = *result;
	w->body_size = result->body.len;
	snprintf(w->error, sizeof w->error, "%s", result->error ? result->error : "");
	snprintf(w->body, sizeof w->body, "%.*s", (int)result->body.len,
		 result->body.data ? (const char *)result->body.data : "");
}

static inline struct transfer *post_bytes(struct world *w, size_t len)
{
	struct transfer_body body = {0};
	struct transfer *t;

	assert_true(bytes_reserve(&body.bytes, len));
	memset(body.bytes.data, 'x', len);
	body.bytes.len = len;
	t = transfer_start(w->transfers, &w->settings, &body, world_ended, w);
	assert_non_null(t);
	assert_null(body.bytes.data);
	return t;
}

static inline struct transfer *post(struct world *w)
{
	return post_bytes(w, 100);
}

/* Nothing may come that was not waited for: a connection in the backlog shows as one. */
static inline bool peer_there(struct world *w, struct client *peer)
{
	int fd = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return false;
	*peer = (struct client){.base = w->base, .fd = fd};
	return true;
}

static inline struct client next_peer(struct world *w)
{
	struct client peer = {.fd = -1};

	wait_until(w->base, peer_there(w, &peer));
	return peer;
}

static inline void no_peer(struct world *w)
{
	struct client peer = {.fd = -1};

	assert_false(peer_there(w, &peer));
}

/* How long the request at the start of what has come is; 0: it is not whole. Only its head is
 * looked at, however much has come. */
static inline size_t request_length(struct client *peer)
{
	static const char name[] = "Content-Length: ";
	const uint8_t *end, *length;
	size_t head;

	client_read(peer);
	assert_false(peer->broken);
	end = slice_find(bytes_slice(&peer->in), slice_str("\r\n\r\n"));
	if (!end)
		return 0;
	head = (size_t)(end - peer->in.data) + 4;
	length = slice_find(slice_of(peer->in.data, head), slice_str(name));
	return head + (length ? strtoul((const char *)length + strlen(name), NULL, 10) : 0);
}

/* One whole request and no byte more; what it was is to be freed. */
static inline struct bytes request_of(struct client *peer)
{
	size_t length = 0;

	wait_until(peer->base, (length = request_length(peer)) > 0 && peer->in.len >= length);
	assert_int_equal(peer->in.len, length);
	return bytes_move(&peer->in);
}

static inline void expect_post(struct client *peer)
{
	struct bytes request = request_of(peer);

	assert_true(slice_starts(bytes_slice(&request), "POST /v1/traces HTTP/1.1\r\n"));
	bytes_free(&request);
}

/* A transfer on a connection that stays for the next. */
static inline struct client served_peer(struct world *w)
{
	unsigned before = w->ended;
	struct client peer;

	post(w);
	peer = next_peer(w);
	expect_post(&peer);
	client_say(&peer, OK_ANSWER);
	wait_until(w->base, w->ended == before + 1);
	assert_int_equal(w->last.status, 200);
	assert_false(w->last.maybe_taken);
	return peer;
}

/* Its time is over with the next turn of the loop, whatever the clock says: a machine may be
 * slow. */
static inline void time_is_over(struct transfer *t)
{
	assert_true(event_pending(t->deadline, EV_TIMEOUT, NULL));
	event_active(t->deadline, EV_TIMEOUT, 0);
}

/* It was over so long ago that nothing of lull can have run: the environment was frozen. */
static inline void time_was_over(struct transfer *t)
{
	t->due = now_read().mono - 2 * NS_PER_S;
	time_is_over(t);
}

#endif
