/* SPDX-License-Identifier: Apache-2.0 */
/* The server over real sockets, both ends on one loop. */
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

#include "edges/http_server.h"
#include "loop_client.h"

#define KB ((size_t)1 << 10)
#define MB ((size_t)1 << 20)

static const struct http_limits limits = {.body = 4 * MB, .bodies = 6 * MB, .connections = 6};

struct fixture {
	struct event_base *base;
	struct http_server *server;
	int port;
	unsigned heads, requests;
	struct http_head last; /* its path is gone */
	char path[256];
};

/* Refuses /refused, answers /large with 8 MiB, /nothing with 204, and all else with the body. */
static void on_head(void *ctx, const struct http_head *head, struct http_answer *answer)
{
	struct fixture *f = ctx;

	f->heads++;
	if (slice_is(head->path, "/refused")) {
		answer->status = 405;
		answer->header = "Allow: POST";
		answer->content_type = "text/plain";
		bytes_addf(&answer->body, "refused");
	}
}

static void on_request(void *ctx, const struct http_head *head, struct bytes *body,
		       struct http_answer *answer)
{
	struct fixture *f = ctx;

	f->requests++;
	f->last = *head;
	assert_true(head->path.len < sizeof(f->path));
	memcpy(f->path, head->path.data, head->path.len);
	f->path[head->path.len] = 0;
	answer->status = 200;
	answer->content_type = "text/plain";
	if (slice_is(head->path, "/large")) {
		bytes_reserve(&answer->body, 8 * MB);
		memset(answer->body.data, 'x', 8 * MB);
		answer->body.len = 8 * MB;
	} else if (slice_is(head->path, "/nothing")) {
		answer->status = 204;
		answer->content_type = NULL;
	} else {
		answer->body = bytes_move(body);
	}
}

static void on_refused(void *ctx, const struct http_head *head, const char *message,
		       struct http_answer *answer)
{
	(void)ctx;
	(void)head;
	answer->content_type = "text/plain";
	bytes_addf(&answer->body, "%s", message);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct http_handler handler = {on_head, on_request, on_refused, f};

	assert_non_null(f);
	f->base = event_base_new();
	f->server = http_server_new(f->base, &limits, &handler);
	assert_non_null(f->server);
	f->port = http_server_listen(f->server, "127.0.0.1", 0);
	assert_true(f->port > 0);
	*state = f;
	return 0;
}

static bool none_pending(struct fixture *f)
{
	return http_server_pending(f->server) == 0 && http_server_held(f->server) == 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	/* Whatever a test did, nothing may be held for those who are gone. */
	WAIT_FOR(f->base, none_pending(f))
		;
	http_server_free(f->server);
	event_base_free(f->base);
	free(f);
	return 0;
}

static struct client connected(struct fixture *f)
{
	return client_connect(f->base, f->port);
}

/* ---- Requests ---- */

#define POST_HELLO                                                                                    \
	"POST /v1/traces?a=/?b HTTP/1.1\r\nHost: x\r\nContent-TYPE: Application/JSON ; charset=a\r\n" \
	"content-encoding: GZIP \t\r\nContent-Length: 5\r\n\r\nhello"

static void check_hello(struct fixture *f)
{
	assert_string_equal(f->last.method, "POST");
	assert_string_equal(f->path, "/v1/traces");
	assert_string_equal(f->last.content_type, "application/json");
	assert_string_equal(f->last.content_encoding, "gzip");
	assert_true(f->last.has_length);
	assert_int_equal(f->last.length, 5);
}

static void test_at_once(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);
	struct reply reply;
	char value[256];

	client_say(&c, POST_HELLO);
	reply = client_reply(&c, false);
	assert_string_equal(reply.head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
					"Content-Length: 5\r\n\r\n");
	assert_string_equal(bytes_cstr(&reply.body), "hello");
	assert_null(reply_header(&reply, "Connection", value));
	reply_free(&reply);
	check_hello(f);
	assert_int_equal(f->heads, 1);
	client_close(&c);
}

static void test_byte_by_byte(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);
	const char *text = POST_HELLO;

	for (unsigned round = 1; round <= 2; round++) {
		for (size_t i = 0; text[i]; i++) {
			client_send(&c, text + i, 1);
			WAIT_FOR(f->base,
				 none_pending(f) || http_server_held(f->server) > 0 || text[i + 1])
				;
			event_base_loop(f->base, EVLOOP_NONBLOCK);
		}
		client_expect(&c, 200, "hello");
		check_hello(f);
		assert_int_equal(f->requests, round);
	}
	client_close(&c);
}

/* Two requests cut in two at every place, over one connection. */
static void test_every_cut(void **state)
{
	static const char text[] = POST_HELLO "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
					      "3;a=b\r\nabc\r\n4\r\ndefg\r\n0\r\nt: u\r\n\r\n";
	struct fixture *f = *state;
	struct client c = connected(f);

	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		unsigned heads = f->heads;

		client_send(&c, text, cut);
		/* Let the first part arrive alone wherever that shows. */
		if (cut > strlen(POST_HELLO) - 5)
			WAIT_FOR(f->base, f->heads > heads)
				;
		else
			WAIT_FOR(f->base, http_server_pending(f->server) > 0)
				;
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		client_send(&c, text + cut, sizeof(text) - 1 - cut);
		client_expect(&c, 200, "hello");
		client_expect(&c, 200, "abcdefg");
	}
	client_close(&c);
}

static void test_pipelined(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);
	struct bytes text = {0};
	enum { COUNT = 3000 };

	for (int i = 0; i < COUNT; i++)
		bytes_addf(&text, "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n%04d", i);
	client_send(&c, text.data, text.len);
	for (int i = 0; i < COUNT; i++) {
		char body[16];

		snprintf(body, sizeof(body), "%04d", i);
		client_expect(&c, 200, body);
	}
	assert_int_equal(f->requests, COUNT);
	bytes_free(&text);
	client_close(&c);
}

static void test_targets_and_methods(void **state)
{
	static const struct {
		const char *line, *method, *path;
	} cases[] = {
		{"GET / HTTP/1.1", "GET", "/"},
		{"POST http://localhost:4318/v1/logs?x HTTP/1.1", "POST", "/v1/logs"},
		{"GET http://localhost HTTP/1.1", "GET", "/"},
		{"GET http://localhost?/a HTTP/1.1", "GET", "/"},
		{"OPTIONS * HTTP/1.1", "OPTIONS", "*"},
		{"DELETE /a%20b HTTP/1.1", "DELETE", "/a%20b"},
		{"UNSUBSCRIBE /? HTTP/1.1", "UNSUBSCRIBE", "/"},
	};
	struct fixture *f = *state;
	struct client c = connected(f);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		client_say(&c, cases[i].line);
		client_say(&c, "\r\nHost: a\r\n\r\n");
		client_expect(&c, 200, "");
		assert_string_equal(f->last.method, cases[i].method);
		assert_string_equal(f->path, cases[i].path);
		assert_false(f->last.has_length);
		assert_string_equal(f->last.content_type, "");
	}
	client_close(&c);
}

static void test_fields(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);

	/* Lists in several lines are one list; what is cut short looks like nothing known. */
	client_say(&c,
		   "GET / HTTP/1.1\r\nContent-Encoding: gzip\r\nX: y\r\nContent-Encoding: br\r\n"
		   "Content-Type: a/b\r\nContent-Typ: c/d\r\nContent-Typee: e/f\r\n\r\n");
	client_expect(&c, 200, "");
	assert_string_equal(f->last.content_encoding, "gzip,br");
	assert_string_equal(f->last.content_type, "a/b");
	client_say(&c,
		   "GET / HTTP/1.1\r\nContent-Encoding: gzip                                    "
		   "                                                            , br\r\n\r\n");
	client_expect(&c, 200, "");
	assert_int_equal(strlen(f->last.content_encoding), sizeof(f->last.content_encoding) - 1);
	assert_string_not_equal(f->last.content_encoding, "gzip");
	client_close(&c);
}

static void test_chunked(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);

	client_say(&c, "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nTrailer: X\r\n\r\n"
		       "5;flag;name=\"a;b\"\r\nhello\r\n"
		       "00006\r\n world\r\n0;last\r\nX: trailer\r\nContent-Type: evil/x\r\n\r\n");
	client_expect(&c, 200, "hello world");
	assert_string_equal(f->last.content_type, "");
	assert_false(f->last.has_length);
	/* Still in step. */
	client_say(&c, POST_HELLO);
	client_expect(&c, 200, "hello");
	client_close(&c);
}

static void test_large_body(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);
	uint8_t *body = malloc(limits.body);
	struct reply reply;
	char head[128];

	for (size_t i = 0; i < limits.body; i++)
		body[i] = (uint8_t)(i * 7 + (i >> 11));
	for (int chunked = 0; chunked < 2; chunked++) {
		snprintf(head, sizeof(head), "PUT / HTTP/1.1\r\n%s%zx\r\n%s",
			 chunked ? "Transfer-Encoding: chunked\r\n\r\n"
				 : "Content-Length: 4194304\r\nX: ",
			 limits.body, chunked ? "" : "\r\n");
		client_say(&c, head);
		client_send(&c, body, limits.body);
		client_say(&c, chunked ? "\r\n0\r\n\r\n" : "");
		reply = client_reply(&c, false);
		assert_int_equal(reply.status, 200);
		assert_int_equal(reply.body.len, limits.body);
		assert_memory_equal(reply.body.data, body, limits.body);
		reply_free(&reply);
	}
	free(body);
	client_close(&c);
}

static void test_no_body_in_answer(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);
	struct reply reply;
	char value[256];

	client_say(&c, "HEAD / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
	reply = client_reply(&c, true);
	assert_string_equal(reply_header(&reply, "Content-Length", value), "3");
	reply_free(&reply);
	client_say(&c, "POST /nothing HTTP/1.1\r\n\r\n");
	reply = client_reply(&c, false);
	assert_string_equal(reply.head, "HTTP/1.1 204 No Content\r\n\r\n");
	reply_free(&reply);
	client_say(&c, POST_HELLO);
	client_expect(&c, 200, "hello");
	client_close(&c);
}

/* ---- How long a connection lives ---- */

static void test_keep_alive(void **state)
{
	static const struct {
		const char *request, *connection;
		bool closed;
	} cases[] = {
		{"GET / HTTP/1.1\r\n\r\n", NULL, false},
		{"GET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n", NULL, false},
		{"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "close", true},
		{"GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n", "close", true},
		{"GET / HTTP/1.0\r\n\r\n", "close", true},
		{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive", false},
		{"POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
		 "0\r\n\r\n",
		 "close", true},
		{"GET /refused HTTP/1.1\r\n\r\n", NULL, false},
		{"POST /refused HTTP/1.1\r\nContent-Length: 0\r\n\r\n", NULL, false},
		{"POST /refused HTTP/1.1\r\nContent-Length: 1\r\n\r\n", "close", true},
		{"POST /refused HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "close", true},
		{"GET /refused HTTP/1.0\r\n\r\n", "close", true},
		{"CONNECT a:1 HTTP/1.1\r\n\r\n", "close", true},
		{"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", NULL, false},
		{"POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\na",
		 NULL, false},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client c = connected(f);
		struct reply reply;
		const char *connection;
		char value[256];

		client_say(&c, cases[i].request);
		reply = client_reply(&c, false);
		connection = reply_header(&reply, "Connection", value);
		if (cases[i].connection)
			assert_string_equal(connection, cases[i].connection);
		else
			assert_null(connection);
		reply_free(&reply);
		if (cases[i].closed) {
			client_expect_end(&c);
		} else {
			client_say(&c, POST_HELLO);
			client_expect(&c, 200, "hello");
		}
		client_close(&c);
	}
}

/* What comes behind the last request is not served. */
static void test_nothing_after_close(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);

	client_say(&c, "GET / HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	client_expect(&c, 200, "");
	client_expect_end(&c);
	assert_int_equal(f->requests, 1);
	client_close(&c);
}

static void test_half_closed(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);

	client_say(&c, POST_HELLO "GET /large HTTP/1.1\r\n\r\n" POST_HELLO);
	assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
	client_expect(&c, 200, "hello");
	client_expect(&c, 200, NULL);
	client_expect(&c, 200, "hello");
	client_expect_end(&c);
	client_close(&c);

	c = connected(f);
	client_say(&c, "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhello");
	assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
	client_expect(&c, 400, "the connection ended within the request");
	client_expect_end(&c);
	client_close(&c);

	c = connected(f);
	assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
	client_expect_end(&c);
	client_close(&c);
}

static bool holds(struct fixture *f, size_t bytes)
{
	return http_server_held(f->server) >= bytes;
}

static void test_client_vanishes(void **state)
{
	static const char *const starts[] = {
		"",
		"P",
		"POST / HTTP/1.1\r\nContent-",
		"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2dc6c0\r\n",
	};
	struct fixture *f = *state;
	char *body = calloc(1, MB);

	for (size_t i = 0; i < 2 * sizeof(starts) / sizeof(starts[0]); i++) {
		struct client c = connected(f);
		const char *start = starts[i / 2];

		client_say(&c, start);
		if (i / 2 >= 4) {
			client_send(&c, body, MB);
			WAIT_FOR(f->base, holds(f, MB))
				;
		}
		if (i % 2)
			client_reset(&c);
		else
			client_close(&c);
		WAIT_FOR(f->base, none_pending(f))
			;
	}
	free(body);
	assert_int_equal(f->requests, 0);
}

static void test_slow_reader(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f), other = connected(f);
	struct reply reply;

	/* The socket does not take 8 MiB; what follows is not read before they are gone. */
	client_say(&c, "GET /large HTTP/1.1\r\n\r\n");
	WAIT_FOR(f->base, f->requests == 1)
		;
	client_say(&c, POST_HELLO);
	client_say(&other, POST_HELLO);
	client_expect(&other, 200, "hello");
	assert_int_equal(f->requests, 2);
	assert_int_equal(http_server_pending(f->server), 1);
	reply = client_reply(&c, false);
	assert_int_equal(reply.body.len, 8 * MB);
	reply_free(&reply);
	client_expect(&c, 200, "hello");
	/* And one that goes away in the middle of it. */
	client_say(&c, "GET /large HTTP/1.1\r\n\r\n");
	WAIT_FOR(f->base, f->requests == 4)
		;
	client_reset(&c);
	client_close(&other);
}

/* ---- Expect ---- */

static void test_expect(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);
	const char *head = "POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n";

	client_say(&c, head);
	client_expect(&c, 100, "");
	assert_int_equal(f->requests, 0);
	client_say(&c, "hello");
	client_expect(&c, 200, "hello");
	/* The body is there already: nobody waits for a 100. */
	client_say(&c, "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
	client_expect(&c, 200, "hello");
	/* No body; and HTTP/1.0 knows no Expect (RFC 9110, section 10.1.1). */
	client_say(&c, "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n");
	client_expect(&c, 200, "");
	client_say(&c, "POST / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n"
		       "Content-Length: 5\r\n\r\n");
	client_say(&c, "hello");
	client_expect(&c, 200, "hello");
	client_close(&c);
}

static void test_expect_refused(void **state)
{
	static const struct {
		const char *request;
		unsigned status;
	} cases[] = {
		{"POST /refused HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
		 405},
		{"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4194305\r\n\r\n", 413},
		{"POST / HTTP/1.1\r\nExpect: 200-ok\r\nContent-Length: 5\r\n\r\n", 417},
		{"GET / HTTP/1.1\r\nExpect: 100-continue\r\nExpect: more\r\n\r\n", 417},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client c = connected(f);

		client_say(&c, cases[i].request);
		client_expect(&c, cases[i].status, NULL);
		client_expect_end(&c);
		client_close(&c);
	}
	assert_int_equal(f->requests, 0);
}

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

static bool server_has_closed(struct client *c)
{
	/* Writing to what is closed gets a reset, and then EPIPE or ECONNRESET. */
	return send(c->fd, "x", 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN;
}

static void test_refused_and_silent(void **state)
{
	struct fixture *f = *state;
	struct client c = connected(f);

	client_say(&c, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
	client_expect(&c, 200, "");
	client_expect_end(&c);
	WAIT_FOR(f->base, server_has_closed(&c))
		;
	client_close(&c);
}

static void test_half_sent_bodies(void **state)
{
	struct fixture *f = *state;
	struct client claims[3], clients[2], late = {0};
	char *body = calloc(1, 3 * MB);
	struct reply reply;
	char value[256];

	/* Who claims much and sends nothing costs nothing. */
	for (size_t i = 0; i < 3; i++) {
		claims[i] = connected(f);
		client_say(&claims[i], "POST / HTTP/1.1\r\nContent-Length: 4194304\r\n\r\nx");
	}
	WAIT_FOR(f->base, f->heads == 3)
		;
	assert_true(http_server_held(f->server) <= 3);
	for (size_t i = 0; i < 2; i++) {
		clients[i] = connected(f);
		client_say(&clients[i], "POST / HTTP/1.1\r\nContent-Length: 3145728\r\n\r\n");
		client_send(&clients[i], body, 3 * MB - 100 * KB);
		WAIT_FOR(f->base, holds(f, (i + 1) * (3 * MB - 100 * KB)))
			;
	}
	assert_true(http_server_held(f->server) <= limits.bodies);
	/* The next one is over the limit; it alone is told so. */
	late = connected(f);
	client_say(&late, "POST / HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n");
	client_send(&late, body, MB);
	reply = client_reply(&late, false);
	assert_int_equal(reply.status, 503);
	assert_string_equal(reply_header(&reply, "Retry-After", value), "1");
	assert_string_equal(reply_header(&reply, "Connection", value), "close");
	reply_free(&reply);
	client_expect_end(&late);
	assert_int_equal(http_server_pending(f->server), 5);
	for (size_t i = 0; i < 2; i++) {
		client_send(&clients[i], body, 100 * KB);
		client_expect(&clients[i], 200, NULL);
		client_close(&clients[i]);
		client_close(&claims[i]);
	}
	client_close(&claims[2]);
	client_close(&late);
	free(body);
}

static void test_connections(void **state)
{
	struct fixture *f = *state;
	struct client clients[6], more;

	for (size_t i = 0; i < limits.connections; i++) {
		clients[i] = connected(f);
		client_say(&clients[i], POST_HELLO);
		client_expect(&clients[i], 200, "hello");
	}
	/* The first is used again, and the second is in the middle of a request: so the third has
	 * been idle for longest. */
	client_say(&clients[0], POST_HELLO);
	client_expect(&clients[0], 200, "hello");
	client_say(&clients[1], "POST / HTTP/1.1\r\n");
	WAIT_FOR(f->base, http_server_pending(f->server) == 1)
		;
	more = connected(f);
	client_say(&more, POST_HELLO);
	client_expect(&more, 200, "hello");
	client_expect_end(&clients[2]);
	client_close(&clients[2]);
	clients[2] = more;
	for (size_t i = 0; i < limits.connections; i++) {
		client_say(&clients[i], i == 1 ? "Content-Length: 5\r\n\r\nhello" : POST_HELLO);
		client_expect(&clients[i], 200, "hello");
	}
	for (size_t i = 0; i < limits.connections; i++)
		client_close(&clients[i]);
}

static void test_no_idle_connection(void **state)
{
	struct fixture *f = *state;
	struct client clients[6], more[30];
	struct reply reply;
	char value[256];

	for (size_t i = 0; i < limits.connections; i++) {
		clients[i] = connected(f);
		client_say(&clients[i], "POST / HTTP/1.1\r\n");
	}
	WAIT_FOR(f->base, http_server_pending(f->server) == limits.connections)
		;
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
	WAIT_FOR(f->base, http_server_pending(f->server) == limits.connections)
		;
	for (size_t i = 0; i < limits.connections; i++) {
		client_say(&clients[i], "Content-Length: 5\r\n\r\nhello");
		client_expect(&clients[i], 200, "hello");
	}
	assert_int_equal(f->requests, limits.connections);
	for (size_t i = 0; i < 30; i++)
		client_close(&more[i]);
	for (size_t i = 0; i < limits.connections; i++)
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
		client_send(&c, head.data, head.len);
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
	client_send(&c, all.data, all.len);
	client_expect(&c, status, NULL);
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
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
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

	assert_int_equal(http_server_pending(f->server), 1); /* not yet accepted */
	WAIT_FOR(f->base, http_server_pending(f->server) == 0)
		;
	assert_int_equal(send(c.fd, "POST / ", 7, 0), 7);
	assert_int_equal(http_server_pending(f->server), 1); /* not yet read */
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(http_server_pending(f->server), 1); /* not all there */
	client_say(&c, "HTTP/1.1\r\nContent-Length: 1\r\n\r\n");
	WAIT_FOR(f->base, f->heads == 1)
		;
	assert_int_equal(http_server_pending(f->server), 1);
	client_say(&c, "x");
	client_expect(&c, 200, "x");
	assert_int_equal(http_server_pending(f->server), 0);
	/* Some clients send an empty line behind a request (RFC 9112, section 2.2). */
	client_say(&c, "\r\n");
	WAIT_FOR(f->base, http_server_pending(f->server) == 0)
		;
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
		struct http_server *server = http_server_new(f->base, &limits, &handlers[i]);
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
	WAIT_FOR(f->base, f->heads == 3 && http_server_pending(f->server) == 2)
		;
	http_server_free(f->server);
	http_server_free(NULL);
	for (size_t i = 0; i < 4; i++)
		client_close(&clients[i]);
	f->server = http_server_new(f->base, &limits, &(struct http_handler){.request = just_ok});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_at_once),
		TEST(test_byte_by_byte),
		TEST(test_every_cut),
		TEST(test_pipelined),
		TEST(test_targets_and_methods),
		TEST(test_fields),
		TEST(test_chunked),
		TEST(test_large_body),
		TEST(test_no_body_in_answer),
		TEST(test_keep_alive),
		TEST(test_nothing_after_close),
		TEST(test_half_closed),
		TEST(test_client_vanishes),
		TEST(test_slow_reader),
		TEST(test_expect),
		TEST(test_expect_refused),
		TEST(test_too_large),
		TEST(test_refused_but_sends_on),
		TEST(test_refused_and_silent),
		TEST(test_half_sent_bodies),
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

	return cmocka_run_group_tests_name("http_server", tests, NULL, NULL);
}
