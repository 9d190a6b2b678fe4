/* SPDX-License-Identifier: Apache-2.0 */
/* The gRPC server over real sockets: connections, what is pending, what gives way to what. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "edges/grpc_server.h"
#include "grpc_peer.h"
#include "grpc_sink.h"
#include "loop_client.h"

#define KB ((size_t)1 << 10)
#define MB ((size_t)1 << 20)
#define CONNECTIONS 4

struct fixture {
	struct event_base *base;
	struct grpc_sink sink;
	struct grpc_server *server;
	int port;
};

static int fixture_new(void **state)
{
	const struct http_limits limits = {
		.body = 4 * MB,
		.bodies = 6 * MB,
		.connections = CONNECTIONS,
	};
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->base = event_base_new();
	grpc_sink_init(&f->sink, limits.body);
	f->server = grpc_server_new(f->base, &limits, &f->sink.sink);
	assert_non_null(f->server);
	f->port = grpc_server_listen(f->server, "127.0.0.1", 0);
	assert_true(f->port > 0);
	*state = f;
	return 0;
}

static bool none_pending(struct fixture *f)
{
	return grpc_server_pending(f->server) == 0 && grpc_server_held(f->server) == 0;
}

static int fixture_free(void **state)
{
	struct fixture *f = *state;

	/* Whatever a test did, nothing may be held for those who are gone. */
	wait_until(f->base, none_pending(f));
	grpc_server_free(f->server);
	event_base_free(f->base);
	bytes_free(&f->sink.message);
	free(f);
	return 0;
}

/* ---- A client ---- */

struct conn {
	struct client client;
	struct peer *peer;
};

static struct conn connected(struct fixture *f)
{
	return (struct conn){client_connect(f->base, f->port), peer_new()};
}

static void conn_close(struct conn *c)
{
	client_close(&c->client);
	peer_free(c->peer);
}

/* Takes in what has come and sends what is to be sent. */
static void conn_move(struct conn *c)
{
	struct bytes out = {0};

	client_read(&c->client);
	peer_input(c->peer, bytes_slice(&c->client.in));
	c->client.in.len = 0;
	peer_output(c->peer, &out);
	client_send(&c->client, out.data, out.len);
	bytes_free(&out);
}

static bool conn_answered(struct conn *c, const struct peer_call *call)
{
	conn_move(c);
	return call->closed;
}

static bool conn_gone(struct conn *c)
{
	conn_move(c);
	return c->peer->gone && c->client.eof;
}

static bool conn_ponged(struct conn *c, size_t count)
{
	conn_move(c);
	return c->peer->pongs >= count;
}

static struct peer_call *export(struct conn *c, size_t len)
{
	struct bytes request = grpc_sink_request(len), data = {0};
	struct peer_call *call;

	peer_frame(&data, 0, bytes_slice(&request));
	call = peer_call(c->peer, peer_path(OTLP_TRACES), NULL, bytes_slice(&data), true);
	bytes_free(&request);
	bytes_free(&data);
	return call;
}

static void export_well(struct conn *c, size_t len)
{
	struct peer_call *call = export(c, len);

	wait_until(c->client.base, conn_answered(c, call));
	peer_expect(call, "200", 0, NULL);
}

static bool holds(struct fixture *f, struct conn *c, size_t bytes)
{
	conn_move(c);
	return grpc_server_held(f->server) == bytes;
}

/* Has begun a message of `len` bytes and sent `sent` of them, which have come. */
static struct peer_call *half_sent(struct fixture *f, struct conn *c, size_t len, size_t sent)
{
	uint8_t prefix[5] = {0, 0, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
	size_t before = grpc_server_held(f->server);
	struct peer_call *call;
	struct bytes data = {0};

	bytes_append(&data, prefix, sizeof(prefix));
	assert_true(bytes_reserve(&data, sent));
	memset(data.data + data.len, 0, sent);
	data.len += sent;
	call = peer_call(c->peer, peer_path(OTLP_LOGS), NULL, bytes_slice(&data), false);
	bytes_free(&data);
	wait_until(f->base, holds(f, c, before + sent));
	return call;
}

/* ---- Tests ---- */

static void test_calls(void **state)
{
	struct fixture *f = *state;
	struct conn c = connected(f);

	for (size_t len = 0; len < 3 * MB; len = 2 * len + 1)
		export_well(&c, len);
	assert_int_equal(f->sink.verdict.items, 1);
	assert_true(f->sink.grew > 0);
	conn_close(&c);
}

static void test_byte_by_byte(void **state)
{
	struct fixture *f = *state;
	struct conn c = connected(f);
	struct peer_call *call = export(&c, 50);
	struct bytes out = {0};

	peer_output(c.peer, &out);
	for (size_t i = 0; i < out.len; i++) {
		client_send(&c.client, out.data + i, 1);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	bytes_free(&out);
	wait_until(f->base, conn_answered(&c, call));
	peer_expect(call, "200", 0, NULL);
	conn_close(&c);
}

static void test_pending(void **state)
{
	struct fixture *f = *state;
	struct conn c = connected(f);
	struct peer_call *call;
	struct bytes out = {0};

	/* In the backlog; accepted, with nothing said; said, and not read; read by half. */
	wait_still(grpc_server_pending(f->server) == 1);
	wait_until(f->base, grpc_server_pending(f->server) == 0);
	call = export(&c, 5000);
	peer_output(c.peer, &out);
	assert_int_equal(send(c.client.fd, out.data, out.len - 10, 0), out.len - 10);
	client_delivered(&c.client);
	assert_int_equal(grpc_server_pending(f->server), 1);
	wait_until(f->base, grpc_server_held(f->server) > 0);
	assert_int_equal(grpc_server_pending(f->server), 1);
	client_send(&c.client, out.data + out.len - 10, 10);
	wait_until(f->base, conn_answered(&c, call));
	assert_int_equal(f->sink.accepted, 1);
	bytes_free(&out);
	conn_close(&c);
}

static void test_gone_in_the_middle(void **state)
{
	struct fixture *f = *state;
	struct conn closed = connected(f), reset = connected(f);

	half_sent(f, &closed, MB, 100 * KB);
	half_sent(f, &reset, MB, 100 * KB);
	assert_int_equal(grpc_server_pending(f->server), 2);
	conn_close(&closed);
	client_reset(&reset.client);
	peer_free(reset.peer);
	wait_until(f->base, none_pending(f));
	assert_int_equal(f->sink.accepted, 0);
}

/* A client that has said all and shut its side still has its answer. */
static void test_half_closed(void **state)
{
	struct fixture *f = *state;
	struct conn c = connected(f);
	struct peer_call *call = export(&c, 100);

	conn_move(&c);
	assert_int_equal(shutdown(c.client.fd, SHUT_WR), 0);
	while (!call->closed) {
		client_turn(f->base, client_deadline(), "an answer", __FILE__, __LINE__);
		client_read(&c.client);
		peer_input(c.peer, bytes_slice(&c.client.in));
		c.client.in.len = 0;
	}
	peer_expect(call, "200", 0, NULL);
	client_expect_end(&c.client);
	conn_close(&c);
}

static void test_half_received_gives_way(void **state)
{
	struct fixture *f = *state;
	struct conn silent = connected(f), busy = connected(f);
	struct peer_call *calls[2], *call;

	calls[0] = half_sent(f, &silent, 3 * MB, 2 * MB);
	calls[1] = half_sent(f, &silent, 3 * MB, 2 * MB);
	/* 4 of 6 MiB: this goes. */
	export_well(&busy, MB);
	/* This needs the room, and gets it. */
	call = export(&busy, 3 * MB);
	wait_until(f->base, conn_answered(&busy, call));
	peer_expect(call, "200", 0, NULL);
	for (size_t i = 0; i < 2; i++) {
		wait_until(f->base, conn_answered(&silent, calls[i]));
		peer_expect(calls[i], "200", 14, "room");
	}
	/* Only the calls were given up. */
	export_well(&silent, 1000);
	conn_close(&silent);
	conn_close(&busy);
}

/* Those of one connection compete: the one that asks for more is told to come again. */
static void test_too_much_at_once(void **state)
{
	struct fixture *f = *state;
	struct conn c = connected(f);
	struct peer_call *calls[4];
	uint8_t *zeros = calloc(1, 3 * MB);
	unsigned taken = 0;

	for (size_t i = 0; i < 4; i++) {
		calls[i] = half_sent(f, &c, 3 * MB, 0);
		peer_add(c.peer, calls[i], slice_of(zeros, 3 * MB), true);
	}
	free(zeros);
	for (size_t i = 0; i < 4; i++) {
		wait_until(f->base, conn_answered(&c, calls[i]));
		assert_true(grpc_server_held(f->server) <= 6 * MB);
		taken += slice_find(bytes_slice(&calls[i]->head), slice_str("grpc-status: 14")) ==
			 NULL;
	}
	assert_in_range(taken, 1, 3);
	export_well(&c, 1000);
	conn_close(&c);
}

static void test_connections(void **state)
{
	struct fixture *f = *state;
	struct conn conns[CONNECTIONS], more;

	for (size_t i = 0; i < CONNECTIONS; i++) {
		conns[i] = connected(f);
		export_well(&conns[i], 10);
	}
	/* The first is used again, the second is in the middle of a call. */
	export_well(&conns[0], 10);
	half_sent(f, &conns[1], 1000, 10);
	more = connected(f);
	export_well(&more, 10);
	wait_until(f->base, conn_gone(&conns[2]));
	assert_int_equal(conns[2].peer->goaway_error, NGHTTP2_NO_ERROR);
	conn_close(&conns[2]);
	conns[2] = more;
	export_well(&conns[0], 10);
	export_well(&conns[3], 10);
	for (size_t i = 0; i < CONNECTIONS; i++)
		conn_close(&conns[i]);
}

static void test_no_idle_connection(void **state)
{
	struct fixture *f = *state;
	struct conn conns[CONNECTIONS], more[20];

	for (size_t i = 0; i < CONNECTIONS; i++) {
		conns[i] = connected(f);
		half_sent(f, &conns[i], 1000, 10);
	}
	/* More than are told so at once: then the first of them is given up. */
	for (size_t i = 0; i < 20; i++) {
		more[i] = connected(f);
		wait_until(f->base, conn_gone(&more[i]));
		assert_int_equal(more[i].peer->goaway_error, NGHTTP2_ENHANCE_YOUR_CALM);
		assert_string_equal(more[i].peer->goaway_text, "too many connections");
	}
	for (size_t i = 0; i < CONNECTIONS; i++) {
		export_well(&conns[i], 10);
		conn_close(&conns[i]);
	}
	for (size_t i = 0; i < 20; i++)
		conn_close(&more[i]);
}

static void test_http1(void **state)
{
	struct fixture *f = *state;
	struct client c = client_connect(f->base, f->port);
	struct reply reply;
	char *body = calloc(1, MB);

	client_say(&c, "POST /v1/traces HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n");
	client_send(&c, body, MB);
	reply = client_reply(&c, false);
	assert_int_equal(reply.status, 400);
	assert_non_null(strstr(bytes_cstr(&reply.body), "LULL_HTTP_PORT"));
	reply_free(&reply);
	client_expect_end(&c);
	client_close(&c);
	free(body);
}

/* The GOAWAY arrives although the client is still sending. */
static void test_protocol_error(void **state)
{
	struct fixture *f = *state;
	struct conn c = connected(f);
	char *zeros = calloc(1, MB);

	export_well(&c, 10);
	/* Frames of DATA without a stream. */
	client_send(&c.client, zeros, MB);
	while (!c.client.eof) {
		client_turn(f->base, client_deadline(), "the end", __FILE__, __LINE__);
		client_read(&c.client);
	}
	assert_false(c.client.broken);
	peer_input(c.peer, bytes_slice(&c.client.in));
	assert_true(c.peer->gone);
	assert_int_equal(c.peer->goaway_error, NGHTTP2_PROTOCOL_ERROR);
	free(zeros);
	conn_close(&c);
}

/* What such a client has sent is read before its time is over, however slow it is. */
static void test_protocol_error_and_slow(void **state)
{
	static const struct timeval now = {0};
	static const char zeros[1000];
	struct fixture *f = *state;
	struct conn c = connected(f);

	export_well(&c, 10);
	client_send(&c.client, zeros, sizeof(zeros));
	wait_until(f->base, loop_timer(f->base));
	for (int i = 0; i < 3; i++) {
		client_send(&c.client, zeros, sizeof(zeros));
		client_delivered(&c.client);
		event_add(loop_timer(f->base), &now);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	wait_until(f->base, conn_gone(&c));
	assert_false(c.client.broken);
	conn_close(&c);
}

/* One that does not read its answers is not read from, and nobody else waits for it. */
static void test_answers_are_not_read(void **state)
{
	const uint8_t ping[] = {0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct fixture *f = *state;
	struct conn deaf = connected(f), other = connected(f);
	struct bytes pings = {0};
	size_t sent = 0, at;

	export_well(&deaf, 10);
	for (int i = 0; i < 10000; i++)
		bytes_append(&pings, ping, sizeof(ping));
	/* Until all buffers on both sides are full. */
	for (int silent = 0; silent < 100; silent++) {
		ssize_t n;

		at = sent % pings.len;
		n = send(deaf.client.fd, pings.data + at, pings.len - at, MSG_NOSIGNAL);
		if (n > 0) {
			sent += (size_t)n;
			silent = 0;
		}
		assert_true(n > 0 || errno == EAGAIN);
		assert_true(sent < 200 * MB);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	export_well(&other, 10);
	/* All is still there for one who reads. */
	at = sent % sizeof(ping) ? sizeof(ping) - sent % sizeof(ping) : 0;
	for (size_t rest = at; rest > 0;) {
		ssize_t n = send(deaf.client.fd, pings.data + sizeof(ping) - rest, rest, 0);

		rest -= n > 0 ? (size_t)n : 0;
		client_turn(f->base, client_deadline(), "pings", __FILE__, __LINE__);
		conn_move(&deaf);
	}
	wait_until(f->base, conn_ponged(&deaf, (sent + at) / sizeof(ping)));
	export_well(&deaf, 10);
	bytes_free(&pings);
	conn_close(&deaf);
	conn_close(&other);
}

static void test_listens(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(grpc_server_listen(f->server, "127.0.0.1", (uint16_t)f->port),
			 -EADDRINUSE);
	assert_int_equal(grpc_server_listen(f->server, "localhost", 0), -EINVAL);
	grpc_server_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_calls),
		TEST(test_byte_by_byte),
		TEST(test_pending),
		TEST(test_gone_in_the_middle),
		TEST(test_half_closed),
		TEST(test_half_received_gives_way),
		TEST(test_too_much_at_once),
		TEST(test_connections),
		TEST(test_no_idle_connection),
		TEST(test_http1),
		TEST(test_protocol_error),
		TEST(test_protocol_error_and_slow),
		TEST(test_answers_are_not_read),
		TEST(test_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
