/* SPDX-License-Identifier: Apache-2.0 */
/* The server over real sockets: what it must bear, and what it listens on. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http_fixture.h"
#include "short_memory.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_fixture_new, http_fixture_free)

/* ---- Limits ---- */

/* A client that writes all of its body before it reads must find the answer, and no reset. */
static void test_too_large(void **state)
{
	struct fixture *f = *state;
	char *body = calloc(1, 30 * MB);
	struct client c = connected(f);

	client_say(&c, "POST / HTTP/1.1\r\nContent-Length: 31457280\r\n\r\n");
	client_expect(&c, 413, "the request's body is too large");
	client_close(&c);

	c = connected(f);
	client_say(&c, "POST / HTTP/1.1\r\nContent-Length: 31457280\r\n\r\n");
	client_send(&c, body, 30 * MB);
	assert_int_equal(http_server_held(f->server), 0);
	client_expect(&c, 413, "the request's body is too large");
	client_expect_end(&c);
	client_close(&c);

	c = connected(f);
	client_say(&c, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1e00000\r\n");
	client_send(&c, body, 30 * MB);
	assert_int_equal(http_server_held(f->server), 0);
	client_expect(&c, 413, "the request's body is too large");
	client_expect_end(&c);
	client_close(&c);
	free(body);
	assert_int_equal(f->requests, 0);
}

/* One that never stops is not heard out for ever. */
static void test_refused_but_sends_on(void **state)
{
	struct fixture *f = *state;
	char *body = calloc(1, MB);
	struct client c = connected(f);
	size_t sent = 0;

	client_say(&c, "POST / HTTP/1.1\r\nContent-Length: 31457280000\r\n\r\n");
	for (; !c.broken && sent < 200 * MB; sent += MB)
		client_send(&c, body, MB);
	assert_true(c.broken);
	free(body);
	client_close(&c);
}

static int events_of(struct fixture *f)
{
	return event_base_get_num_events(f->base, EVENT_BASE_COUNT_ADDED);
}

static void test_refused_and_silent(void **state)
{
	struct fixture *f = *state;
	int before = events_of(f);
	struct client c = connected(f);

	client_say(&c, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
	client_expect(&c, 200, "");
	client_expect_end(&c);
	/* The server waits for nothing any more: it has closed. */
	assert_int_not_equal(events_of(f), before);
	wait_until(f->base, events_of(f) == before);
	client_close(&c);
}

/* Sends zeros without turning the loop, so that all of them wait to be read. */
static void send_unheard(struct client *c, size_t len)
{
	char *body = calloc(1, len);

	assert_int_equal(send(c->fd, body, len, 0), len);
	client_delivered(c);
	free(body);
}

/* A client that was slow, or stood still with all the environment, is heard out as long as more
 * comes: what has come is read before its time is over. */
static void test_refused_and_slow(void **state)
{
	static const struct timeval now = {0};
	struct fixture *f = *state;
	struct client c = connected(f);

	client_say(&c, "POST / HTTP/1.1\r\nContent-Length: 31457280\r\n\r\n");
	wait_until(f->base, loop_timer(f->base));
	for (int i = 0; i < 3; i++) {
		send_unheard(&c, KB);
		event_add(loop_timer(f->base), &now);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	client_expect(&c, 413, "the request's body is too large");
	client_expect_end(&c);
	client_close(&c);
}

/* Has begun a body of `announced` bytes and sent some. */
static struct client half_sent(struct fixture *f, size_t announced, size_t sent)
{
	struct client c = connected(f);
	char *body = calloc(1, sent);
	size_t before = http_server_held(f->server);
	char head[128];

	snprintf(head, sizeof(head), "POST / HTTP/1.1\r\nContent-Length: %zu\r\n\r\n", announced);
	client_say(&c, head);
	client_send(&c, body, sent);
	wait_until(f->base, http_server_held(f->server) == before + sent);
	free(body);
	return c;
}

static void expect_come_again(struct client *c)
{
	struct reply reply = client_reply(c, false);
	char value[256];

	assert_int_equal(reply.status, 503);
	assert_string_equal(reply_header(&reply, "Retry-After", value), "1");
	assert_string_equal(reply_header(&reply, "Connection", value), "close");
	reply_free(&reply);
	client_expect_end(c);
	client_close(c);
}

/* The rest of a body of zeros. */
static void finish(struct client *c, size_t rest)
{
	char *body = calloc(1, rest);

	client_send(c, body, rest);
	client_expect(c, 200, NULL);
	client_close(c);
	free(body);
}

/* Who claims much and sends nothing costs nothing. */
static void test_claims(void **state)
{
	struct fixture *f = *state;
	struct client claims[3];

	for (size_t i = 0; i < 3; i++)
		claims[i] = half_sent(f, 4 * MB, 1);
	assert_int_equal(http_server_held(f->server), 3);
	for (size_t i = 0; i < 3; i++)
		client_close(&claims[i]);
}

static void test_told_of_growth(void **state)
{
	struct fixture *f = *state;
	struct client c = half_sent(f, 3 * MB, 1);

	assert_int_equal(f->grew, 1);
	assert_int_equal(f->most, 1);
	finish(&c, 3 * MB - 1);
	assert_true(f->grew > 3); /* not once at the end */
	assert_int_equal(f->most, 3 * MB);
	c = connected(f);
	f->grew = 0;
	/* What is not kept beyond one reading is no growth. */
	client_say(&c, POST_HELLO);
	client_expect(&c, 200, "hello");
	client_say(&c, "GET / HTTP/1.1\r\n\r\n");
	client_expect(&c, 200, "");
	assert_int_equal(f->grew, 0);
	client_close(&c);
}

/* Those who still send are not driven out: the one who asks for more is told to come again. */
static void test_no_room(void **state)
{
	struct fixture *f = *state;
	struct client clients[2], late, small;

	for (size_t i = 0; i < 2; i++)
		clients[i] = half_sent(f, 3 * MB, 3 * MB - 20 * KB);
	late = half_sent(f, MB, 1);
	small = connected(f);
	client_say(&small, POST_HELLO);
	client_expect(&small, 200, "hello");
	/* The others have been heard in this turn, or will be: what is sent first is read first. */
	for (size_t i = 0; i < 2; i++)
		send_unheard(&clients[i], 10 * KB);
	send_unheard(&late, 30 * KB);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_true(http_server_held(f->server) <= http_fixture_limits.bodies);
	expect_come_again(&late);
	late = half_sent(f, MB, 1);
	send_unheard(&late, 30 * KB);
	for (size_t i = 0; i < 2; i++)
		send_unheard(&clients[i], 9 * KB);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	expect_come_again(&late);
	/* What comes whole needs no room. */
	client_say(&small, POST_HELLO);
	client_expect(&small, 200, "hello");
	client_close(&small);
	assert_int_equal(http_server_pending(f->server), 2);
	for (size_t i = 0; i < 2; i++)
		finish(&clients[i], KB);
}

/* Those who have stopped in the middle give way, the one that was heard of least recently first,
 * and no more of them than needed. */
static void test_stalled_give_way(void **state)
{
	struct fixture *f = *state;
	struct client idle = connected(f), half_head = connected(f), stalled[3], late;

	client_say(&idle, POST_HELLO);
	client_expect(&idle, 200, "hello");
	client_say(&half_head, "POST");
	wait_until(f->base, http_server_pending(f->server) == 1);
	for (size_t i = 0; i < 3; i++)
		stalled[i] = half_sent(f, 3 * MB, 2 * MB - 100 * KB);
	/* The first is heard of once more. */
	client_say(&stalled[0], "x");
	wait_until(f->base, holds(f, 3 * (2 * MB - 100 * KB) + 1));
	late = half_sent(f, MB, 1);
	/* It is sent at once, and all of it is taken. */
	finish(&late, MB - 1);
	expect_come_again(&stalled[1]);
	assert_int_equal(http_server_pending(f->server), 3);
	assert_int_equal(http_server_held(f->server), 2 * (2 * MB - 100 * KB) + 1);
	finish(&stalled[0], MB + 100 * KB - 1);
	finish(&stalled[2], MB + 100 * KB);
	client_say(&half_head, POST_HELLO + strlen("POST"));
	client_expect(&half_head, 200, "hello");
	client_say(&idle, POST_HELLO);
	client_expect(&idle, 200, "hello");
	client_close(&half_head);
	client_close(&idle);
}

/* Nobody gives way where that would not be enough. */
static void test_stalled_are_not_enough(void **state)
{
	struct fixture *f = *state;
	struct client alive[2], stalled, late;

	alive[0] = half_sent(f, 4 * MB, 4 * MB - 40 * KB);
	alive[1] = half_sent(f, MB, 512 * KB);
	stalled = half_sent(f, MB, 10 * KB);
	late = half_sent(f, 4 * MB, MB + 512 * KB);
	/* There is room for 30 KiB, and for 40 without the one that has stalled. */
	send_unheard(&alive[0], 1);
	send_unheard(&alive[1], 1);
	send_unheard(&late, 46 * KB);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	expect_come_again(&late);
	assert_int_equal(http_server_pending(f->server), 3);
	finish(&alive[0], 40 * KB - 1);
	finish(&alive[1], 512 * KB - 1);
	finish(&stalled, MB - 10 * KB);
}

/* Each allocation for a body fails once: that request is told to come again, no other is. */
static void test_short_memory(void **state)
{
	struct fixture *f = *state;
	char *body = calloc(1, MB);
	unsigned status = 0, failures = 0;
	enum { CHUNKS = 16 };

	for (int at = 1; status != 200; at++) {
		struct client c = connected(f);
		unsigned heads = f->heads;

		assert_true(bytes_reserve(&c.in, MB + 128 * KB));
		client_say(&c, "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
		wait_until(f->base, f->heads > heads);
		short_memory_at = at;
		for (int i = 0; i < CHUNKS; i++) {
			client_say(&c, "10000\r\n");
			client_send(&c, body, MB / CHUNKS);
			client_say(&c, "\r\n");
		}
		client_say(&c, "0\r\n\r\n");
		wait_until(f->base, none_pending(f));
		failures += short_memory_at == 0;
		short_memory_at = 0;
		status = client_expect_any(&c);
		assert_true(status == 200 || status == 503);
		client_close(&c);
	}
	assert_true(failures >= 4); /* it grew by doubling */
	free(body);
}

static void test_connections(void **state)
{
	struct fixture *f = *state;
	struct client clients[6], more;

	for (size_t i = 0; i < http_fixture_limits.connections; i++) {
		clients[i] = connected(f);
		client_say(&clients[i], POST_HELLO);
		client_expect(&clients[i], 200, "hello");
	}
	/* The first is used again, the second is in the middle of a request, and from the third
	 * something has come that was not read yet: so the fourth has been idle for longest. */
	client_say(&clients[0], POST_HELLO);
	client_expect(&clients[0], 200, "hello");
	client_say(&clients[1], "POST / HTTP/1.1\r\n");
	wait_until(f->base, http_server_pending(f->server) == 1);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	more = connected(f);
	assert_int_equal(send(clients[2].fd, "POST", 4, 0), 4);
	client_delivered(&clients[2]);
	client_say(&more, POST_HELLO);
	client_expect(&more, 200, "hello");
	client_expect_end(&clients[3]);
	client_close(&clients[3]);
	clients[3] = more;
	for (size_t i = 0; i < http_fixture_limits.connections; i++) {
		const char *rest = POST_HELLO;

		if (i == 1)
			rest = "Content-Length: 5\r\n\r\nhello";
		if (i == 2)
			rest += strlen("POST");
		client_say(&clients[i], rest);
		client_expect(&clients[i], 200, "hello");
	}
	for (size_t i = 0; i < http_fixture_limits.connections; i++)
		client_close(&clients[i]);
}

static void test_no_idle_connection(void **state)
{
	struct fixture *f = *state;
	struct client clients[6], more[30];
	struct reply reply;
	char value[256];

	for (size_t i = 0; i < http_fixture_limits.connections; i++) {
		clients[i] = connected(f);
		client_say(&clients[i], "POST / HTTP/1.1\r\n");
		client_delivered(&clients[i]);
	}
	wait_until(f->base, http_server_pending(f->server) == http_fixture_limits.connections);
	more[0] = connected(f);
	client_say(&more[0], POST_HELLO);
	reply = client_reply(&more[0], false);
	assert_int_equal(reply.status, 503);
	assert_string_equal(reply_header(&reply, "Retry-After", value), "1");
	reply_free(&reply);
	client_expect_end(&more[0]);
	/* Many at once: some may be cut off without a word, but those that are served are not. */
	for (size_t i = 1; i < 30; i++)
		more[i] = connected(f);
	wait_until(f->base, http_server_pending(f->server) == http_fixture_limits.connections);
	for (size_t i = 0; i < http_fixture_limits.connections; i++) {
		client_say(&clients[i], "Content-Length: 5\r\n\r\nhello");
		client_expect(&clients[i], 200, "hello");
	}
	assert_int_equal(f->requests, http_fixture_limits.connections);
	for (size_t i = 0; i < 30; i++)
		client_close(&more[i]);
	for (size_t i = 0; i < http_fixture_limits.connections; i++)
		client_close(&clients[i]);
}

/* A head of exactly `size` bytes. */
static struct bytes head_of(size_t size)
{
	struct bytes head = {0};

	bytes_addf(&head, "GET / HTTP/1.1\r\n");
	while (head.len + 1000 < size)
		bytes_addf(&head, "X-Header: %0*d\r\n", 500, 0);
	bytes_addf(&head, "X: %0*d\r\n\r\n", (int)(size - head.len - 7), 0);
	assert_int_equal(head.len, size);
	return head;
}

static void test_head_limit(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);
	struct bytes head = head_of(16 * KB);

	/* The limit holds for each head, not for what comes in one piece or on one connection. */
	for (int i = 0; i < 3; i++) {
		client_send(&c, head.data, 8 * KB);
		wait_until(f->base, http_server_pending(f->server) == 1);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		client_send(&c, head.data + 8 * KB, head.len - 8 * KB);
		client_say(&c, "P");
		client_say(&c, POST_HELLO + 1);
		client_expect(&c, 200, "");
		client_expect(&c, 200, "hello");
	}
	bytes_free(&head);
	head = head_of(16 * KB + 1);
	client_send(&c, head.data, head.len);
	client_expect(&c, 431, "the request's header lines are too large");
	client_expect_end(&c);
	client_close(&c);
	c = connected(f);
	for (size_t i = 0; i < head.len && !c.eof; i += 100) {
		client_send(&c, head.data + i, head.len - i < 100 ? head.len - i : 100);
		client_read(&c);
	}
	client_expect(&c, 431, "the request's header lines are too large");
	client_close(&c);
	bytes_free(&head);
}

/* `text` again and again between a start and an end. */
static void check_flood(struct fixture *f, const char *start, const char *text, const char *end,
			size_t size, unsigned status)
{
	struct client c = connected(f);
	struct bytes all = {0};

	bytes_addf(&all, "%s", start);
	while (all.len < size)
		bytes_addf(&all, "%s", text);
	bytes_addf(&all, "%s", end);
	/* What is counted is counted for each request anew. */
	for (int i = 0; i < (status == 200 ? 3 : 1); i++) {
		client_send(&c, all.data, all.len);
		client_expect(&c, status, NULL);
	}
	client_close(&c);
	bytes_free(&all);
}

static void test_floods(void **state)
{
	static const char chunked[] = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
	static const char extension[] = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;";
	static const char trailer[] = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
	struct fixture *f = *state;

	check_flood(f, "GET /", "aaaaaaaa", " HTTP/1.1\r\n\r\n", 2 * KB, 414);
	check_flood(f, "GET /?", "aaaaaaaa", " HTTP/1.1\r\n\r\n", 15 * KB, 200);
	check_flood(f, "GET /?", "aaaaaaaa", " HTTP/1.1\r\n\r\n", 17 * KB, 431);
	check_flood(f, chunked, "1\r\na\r\n", "0\r\n\r\n", 300 * KB, 200);
	check_flood(f, extension, "abcdefgh", "\r\na\r\n0\r\n\r\n", 12 * KB, 200);
	check_flood(f, extension, "abcdefgh", "\r\na\r\n0\r\n\r\n", 40 * KB, 431);
	check_flood(f, chunked, "1;abc=defg\r\na\r\n", "0\r\n\r\n", 80 * KB, 431);
	check_flood(f, trailer, "Abc: defg\r\n", "\r\n", 12 * KB, 200);
	check_flood(f, trailer, "Abc: defg\r\n", "\r\n", 40 * KB, 431);
}

/* ---- What is no HTTP ---- */

static void test_garbage(void **state)
{
	static const struct {
		const char *request;
		unsigned status;
	} cases[] = {
		{"\x16\x03\x01\x02", 400}, /* TLS */
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
		{"hello", 400},
		{"GET\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\na b: c\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\na : c\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\na: \x01\r\n\r\n", 400},
		{"GET / HTTP/9.9\r\n\r\n", 400},
		{"GET / HTTP/2.0\r\n\r\n", 505},
		{"GET / HTTP/0.9\r\n\r\n", 505},
		{"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nContent-Length: 1 1\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", 400},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naXX1\r\n", 400},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client c = connected(f);

		/* Behind a good one, which is answered first. */
		client_say(&c, POST_HELLO);
		client_say(&c, cases[i].request);
		client_expect(&c, 200, "hello");
		client_expect(&c, cases[i].status, NULL);
		client_expect_end(&c);
		client_close(&c);
	}
	assert_int_equal(f->requests, sizeof(cases) / sizeof(cases[0]));
}

/* ---- Listening ---- */

static void test_pending(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);

	wait_still(http_server_pending(f->server) == 1); /* not yet accepted */
	wait_until(f->base, http_server_pending(f->server) == 0);
	assert_int_equal(send(c.fd, "POST / ", 7, 0), 7);
	client_delivered(&c);
	assert_int_equal(http_server_pending(f->server), 1); /* not yet read */
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(http_server_pending(f->server), 1); /* not all there */
	client_say(&c, "HTTP/1.1\r\nContent-Length: 1\r\n\r\n");
	wait_until(f->base, f->heads == 1);
	assert_int_equal(http_server_pending(f->server), 1);
	client_say(&c, "x");
	client_expect(&c, 200, "x");
	assert_int_equal(http_server_pending(f->server), 0);
	/* Some clients send an empty line behind a request (RFC 9112, section 2.2). */
	client_say(&c, "\r\n");
	wait_until(f->base, http_server_pending(f->server) == 0);
	client_say(&c, POST_HELLO);
	client_expect(&c, 200, "hello");
	client_close(&c);
}

static void test_listen(void **state)
{
	struct fixture *f = *state;
	uint16_t port = (uint16_t)f->port;
	struct sockaddr_in6 address = {.sin6_family = AF_INET6,
				       .sin6_port = htons(port),
				       .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct client c = {.base = f->base};

	assert_int_equal(http_server_listen(f->server, "localhost", 0), -EINVAL);
	assert_int_equal(http_server_listen(f->server, "127.0.0.1", port), -EADDRINUSE);
	/* The same port for both families, or there is no IPv6 here. */
	if (http_server_listen(f->server, "::1", port) == port) {
		c.fd = socket(AF_INET6, SOCK_STREAM, 0);
		assert_int_equal(connect(c.fd, (struct sockaddr *)&address, sizeof(address)), 0);
		client_say(&c, POST_HELLO);
		c.fd = dup(c.fd);
		client_close(&c);
	}
	assert_true(http_server_listen(f->server, "127.0.0.1", 0) > 0);
}

/* Without descriptors accept() fails and the listener stays readable: the loop must not spin, and
 * the connection is served as soon as there are some again. */
static void test_no_descriptors(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);
	struct rlimit old, none;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){.rlim_cur = (rlim_t)c.fd + 1, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	client_say(&c, POST_HELLO);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(event_base_get_num_events(f->base, EVENT_BASE_COUNT_ACTIVE), 0);
	/* The listener is out of the loop: a turn that waits returns by the timer alone. */
	event_base_loop(f->base, EVLOOP_ONCE);
	assert_int_equal(f->requests, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	client_expect(&c, 200, "hello");
	client_close(&c);
}

static void just_ok(void *ctx, const struct http_head *head, struct bytes *body,
		    struct http_answer *answer)
{
	(void)ctx;
	(void)head;
	(void)body;
	answer->status = 200;
}

static void no_answer(void *ctx, const struct http_head *head, struct bytes *body,
		      struct http_answer *answer)
{
	(void)ctx;
	(void)head;
	(void)body;
	(void)answer;
}

/* Handlers that leave out what may be left out, and one that forgets to answer. */
static void test_handlers(void **state)
{
	struct fixture *f = *state;
	const struct http_handler handlers[] = {{.request = just_ok}, {.request = no_answer}};

	for (size_t i = 0; i < 2; i++) {
		struct http_server *server = http_server_new(f->base, &http_fixture_limits,
							     &handlers[i]);
		int port = http_server_listen(server, "127.0.0.1", 0);
		struct client c = client_connect(f->base, port);

		client_say(&c, POST_HELLO "BAD\r\n\r\n");
		client_expect(&c, i == 0 ? 200 : 500, "");
		client_expect(&c, 400, "");
		client_expect_end(&c);
		client_close(&c);
		http_server_free(server);
	}
}

/* The server goes while everything is in the middle of something. */
static void test_free_midway(void **state)
{
	struct fixture *f = *state;
	struct client clients[4];
	static const char *const starts[] = {
		"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel",
		"GET /large HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
		"GE",
	};

	for (size_t i = 0; i < 4; i++) {
		clients[i] = connected(f);
		client_say(&clients[i], starts[i]);
	}
	wait_until(f->base, f->heads == 3 && http_server_pending(f->server) == 2);
	http_server_free(f->server);
	http_server_free(NULL);
	for (size_t i = 0; i < 4; i++)
		client_close(&clients[i]);
	f->server = http_server_new(f->base, &http_fixture_limits,
				    &(struct http_handler){.request = just_ok});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_too_large),
		TEST(test_refused_but_sends_on),
		TEST(test_refused_and_silent),
		TEST(test_refused_and_slow),
		TEST(test_claims),
		TEST(test_told_of_growth),
		TEST(test_no_room),
		TEST(test_stalled_give_way),
		TEST(test_stalled_are_not_enough),
		TEST(test_short_memory),
		TEST(test_connections),
		TEST(test_no_idle_connection),
		TEST(test_head_limit),
		TEST(test_floods),
		TEST(test_garbage),
		TEST(test_pending),
		TEST(test_listen),
		TEST(test_no_descriptors),
		TEST(test_handlers),
		TEST(test_free_midway),
	};

	return cmocka_run_group_tests_name("http_limits", tests, NULL, NULL);
}
