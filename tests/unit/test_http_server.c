/* SPDX-License-Identifier: Apache-2.0 */
/* The server over real sockets, both ends on one loop: requests, connections, Expect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "http_fixture.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_fixture_new, http_fixture_free)

/* ---- Requests ---- */

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
			wait_until(f->base, none_pending(f) || http_server_held(f->server) > 0 ||
						    text[i + 1]);
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
			wait_until(f->base, f->heads > heads);
		else
			wait_until(f->base, http_server_pending(f->server) > 0);
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
	uint8_t *body = malloc(http_fixture_limits.body);
	struct reply reply;
	char head[128];

	for (size_t i = 0; i < http_fixture_limits.body; i++)
		body[i] = (uint8_t)(i * 7 + (i >> 11));
	for (int chunked = 0; chunked < 2; chunked++) {
		snprintf(head, sizeof(head), "PUT / HTTP/1.1\r\n%s%zx\r\n%s",
			 chunked ? "Transfer-Encoding: chunked\r\n\r\n"
				 : "Content-Length: 4194304\r\nX: ",
			 http_fixture_limits.body, chunked ? "" : "\r\n");
		client_say(&c, head);
		client_send(&c, body, http_fixture_limits.body);
		client_say(&c, chunked ? "\r\n0\r\n\r\n" : "");
		reply = client_reply(&c, false);
		assert_int_equal(reply.status, 200);
		assert_int_equal(reply.body.len, http_fixture_limits.body);
		assert_memory_equal(reply.body.data, body, http_fixture_limits.body);
		reply_free(&reply);
	}
	free(body);
	client_close(&c);
}

/* A body goes to its place by several ways, with others before and behind it on the connection:
 * what belongs to whom must not depend on how it came. */
static void test_body_in_pieces(void **state)
{
	static const size_t pieces[] = {1, 4 * KB, 16 * KB, 64 * KB + 1, 300 * KB, MB + 1};
	const size_t size = 3 * MB + 7;
	struct fixture *f = *state;
	struct client c = connected(f);
	struct bytes body = {0}, all = {0};
	struct reply reply;

	assert_true(bytes_reserve(&body, size));
	while (body.len < size) {
		body.data[body.len] = (uint8_t)(body.len * 7 + (body.len >> 11));
		body.len++;
	}
	bytes_addf(&all, POST_HELLO "PUT / HTTP/1.1\r\nContent-Length: %zu\r\n\r\n", size);
	bytes_add(&all, bytes_slice(&body));
	bytes_addf(&all, POST_HELLO "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (size_t at = 0, len; at < size; at += len) {
		len = size - at < 700 * KB ? size - at : 700 * KB;
		bytes_addf(&all, "%zx\r\n", len);
		bytes_append(&all, body.data + at, len);
		bytes_addf(&all, "\r\n");
	}
	bytes_addf(&all, "0\r\n\r\n" POST_HELLO);
	for (size_t i = 0, at = 0; at < all.len; i++) {
		size_t piece = pieces[i % (sizeof(pieces) / sizeof(pieces[0]))];

		if (piece > all.len - at)
			piece = all.len - at;
		client_send(&c, all.data + at, piece);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		at += piece;
	}
	for (int i = 0; i < 2; i++) {
		client_expect(&c, 200, "hello");
		reply = client_reply(&c, false);
		assert_int_equal(reply.status, 200);
		assert_int_equal(reply.body.len, size);
		assert_memory_equal(reply.body.data, body.data, size);
		reply_free(&reply);
	}
	client_expect(&c, 200, "hello");
	bytes_free(&body);
	bytes_free(&all);
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
			wait_until(f->base, holds(f, MB));
		}
		if (i % 2)
			client_reset(&c);
		else
			client_close(&c);
		wait_until(f->base, none_pending(f));
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
	wait_until(f->base, f->requests == 1);
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
	wait_until(f->base, f->requests == 4);
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
		TEST(test_body_in_pieces),
		TEST(test_no_body_in_answer),
		TEST(test_keep_alive),
		TEST(test_nothing_after_close),
		TEST(test_half_closed),
		TEST(test_client_vanishes),
		TEST(test_slow_reader),
		TEST(test_expect),
		TEST(test_expect_refused),
	};

	return cmocka_run_group_tests_name("http_server", tests, NULL, NULL);
}
