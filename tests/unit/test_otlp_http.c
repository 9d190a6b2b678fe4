/* SPDX-License-Identifier: Apache-2.0 */
/* The OTLP/HTTP receiver with its server over real sockets: what it answers, what the sink gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "edges/otlp_http.h"
#include "loop_client.h"
#include "short_memory.h"
#include "status.pb-c.h"
#include "wire/gzip.h"
#include "wire/otlp_json.h"
#include "wire/pb.h"

/* google.rpc.Code */
enum {
	INVALID_ARGUMENT = 3,
	NOT_FOUND = 5,
	RESOURCE_EXHAUSTED = 8,
	UNIMPLEMENTED = 12,
	UNAVAILABLE = 14
};

struct fixture {
	struct event_base *base;
	struct http_server *server;
	int port;
	struct client client;
	struct otlp_sink sink;
	bool full;
	unsigned accepted, grew;
	enum otlp_signal signal;
	struct bytes message;
	struct otlp_verdict verdict;
	struct bytes valid; /* a request with one item: of any signal, none has other numbers */
};

static bool on_accept(void *ctx, enum otlp_signal signal, struct bytes *message,
		      const struct otlp_verdict *verdict)
{
	struct fixture *f = ctx;

	if (f->full)
		return false;
	f->accepted++;
	f->signal = signal;
	bytes_free(&f->message);
	f->message = bytes_move(message);
	f->verdict = *verdict;
	return true;
}

/* Resource* { Scope* { Span or LogRecord { 1: ... } } }; field 5 is the name of a span and the
 * body of a log record. */
static void build_request(struct bytes *out, struct slice item)
{
	size_t resource = pb_begin(out, 1), scope = pb_begin(out, 2);

	pb_put_len(out, 2, item);
	pb_end(out, scope);
	pb_end(out, resource);
}

static void connect_again(struct fixture *f)
{
	if (f->client.base)
		client_close(&f->client);
	f->client = client_connect(f->base, f->port);
}

static void on_grew(void *ctx)
{
	struct fixture *f = ctx;

	f->grew++;
}

static struct fixture *make(size_t limit)
{
	const struct http_limits limits = {.body = limit, .bodies = 2 * limit, .connections = 4};
	struct fixture *f = calloc(1, sizeof(*f));
	struct http_handler handler;

	assert_non_null(f);
	f->sink = (struct otlp_sink){on_accept, on_grew, f, limit};
	f->base = event_base_new();
	handler = otlp_http_handler(&f->sink);
	f->server = http_server_new(f->base, &limits, &handler);
	f->port = http_server_listen(f->server, "127.0.0.1", 0);
	connect_again(f);
	build_request(&f->valid, (struct slice){0});
	return f;
}

static int set_up(void **state)
{
	*state = make(OTLP_BODY_LIMIT);
	return 0;
}

#define SMALL_LIMIT ((size_t)3 << 20)

static int set_up_small(void **state)
{
	*state = make(SMALL_LIMIT);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	client_close(&f->client);
	http_server_free(f->server);
	event_base_free(f->base);
	bytes_free(&f->message);
	bytes_free(&f->valid);
	gzip_free();
	free(f);
	return 0;
}

/* `fields` are whole lines. */
static void post(struct fixture *f, const char *path, const char *fields, struct slice body)
{
	char head[512];

	snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\nHost: a\r\n%sContent-Length: %zu\r\n\r\n",
		 path, fields, body.len);
	client_say(&f->client, head);
	client_send(&f->client, body.data, body.len);
}

#define PROTOBUF "Content-Type: application/x-protobuf\r\n"
#define GZIP PROTOBUF "Content-Encoding: gzip\r\n"
#define JSON "Content-Type: application/json\r\n"

static void expect_success(struct fixture *f)
{
	struct reply reply = client_reply(&f->client, false);

	assert_string_equal(reply.head,
			    "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n"
			    "Content-Length: 0\r\n\r\n");
	reply_free(&reply);
}

/* An error's body is a Status; `header` is "Name: value" or NULL; `word` is in the message. */
static void expect_error(struct fixture *f, unsigned status, int code, const char *header,
			 const char *word)
{
	struct reply reply = client_reply(&f->client, false);
	Rpc__Status *error;
	char value[256];

	assert_int_equal(reply.status, status);
	assert_string_equal(reply_header(&reply, "Content-Type", value), "application/x-protobuf");
	if (header)
		assert_non_null(strstr(reply.head, header));
	error = rpc__status__unpack(NULL, reply.body.len, reply.body.data);
	assert_non_null(error);
	assert_int_equal(error->code, code);
	if (!strstr(error->message, word))
		fail_msg("no '%s' in '%s'", word, error->message);
	rpc__status__free_unpacked(error, NULL);
	reply_free(&reply);
}

static void test_each_signal(void **state)
{
	static const struct {
		const char *path;
		enum otlp_signal signal;
	} cases[] = {
		{"/v1/traces", OTLP_TRACES},
		{"/v1/logs?key=value", OTLP_LOGS},
		{"/v1/metrics", OTLP_METRICS},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		post(f, cases[i].path, PROTOBUF, bytes_slice(&f->valid));
		expect_success(f);
		assert_int_equal(f->accepted, i + 1);
		assert_int_equal(f->signal, cases[i].signal);
		assert_true(slice_equal(bytes_slice(&f->message), bytes_slice(&f->valid)));
		assert_true(f->verdict.valid);
		/* A metric without points is no item. */
		assert_int_equal(f->verdict.items, cases[i].signal == OTLP_METRICS ? 0 : 1);
	}
}

static void test_fields_are_read_as_they_may_come(void **state)
{
	static const char *const fields[] = {
		"content-type: Application/X-Protobuf; charset=utf-8\r\n",
		PROTOBUF "Content-Encoding: identity\r\n",
		PROTOBUF "Expect:\r\n",
		PROTOBUF "Content-Encoding:\r\n",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		post(f, "/v1/traces", fields[i], bytes_slice(&f->valid));
		expect_success(f);
		assert_int_equal(f->accepted, i + 1);
	}
}

static void test_empty(void **state)
{
	struct fixture *f = *state;

	post(f, "/v1/traces", PROTOBUF, (struct slice){0});
	expect_success(f);
	post(f, "/v1/logs", GZIP, (struct slice){0});
	expect_success(f);
	client_say(&f->client, "POST /v1/metrics HTTP/1.1\r\n" PROTOBUF "\r\n");
	expect_success(f);
	assert_int_equal(f->accepted, 0);
}

static void test_refused_by_head(void **state)
{
	static const struct {
		const char *request;
		unsigned status;
		int code;
		const char *header, *word;
	} cases[] = {
		{"POST /v1/trace HTTP/1.1\r\n" PROTOBUF, 404, NOT_FOUND, NULL, "/v1/traces"},
		{"POST /v1/traces/ HTTP/1.1\r\n" PROTOBUF, 404, NOT_FOUND, NULL, "/v1/logs"},
		{"GET / HTTP/1.1\r\n", 404, NOT_FOUND, NULL, "/v1/metrics"},
		{"GET /v1/traces HTTP/1.1\r\n", 405, UNIMPLEMENTED, "\r\nAllow: POST\r\n", "POST"},
		{"PUT /v1/logs HTTP/1.1\r\n" PROTOBUF, 405, UNIMPLEMENTED, "Allow: POST\r\n",
		 "POST"},
		{"POST /v1/logs HTTP/1.1\r\n", 415, INVALID_ARGUMENT, NULL,
		 "application/x-protobuf"},
		{"POST /v1/logs HTTP/1.1\r\nContent-Type: application/x-protobuf2\r\n", 415,
		 INVALID_ARGUMENT, NULL, "application/x-protobuf and application/json"},
		{"POST /v1/logs HTTP/1.1\r\nContent-Type: application/json2\r\n", 415,
		 INVALID_ARGUMENT, NULL, "application/x-protobuf and application/json"},
		{"POST /v1/logs HTTP/1.1\r\n" PROTOBUF "Content-Encoding: br\r\n", 415,
		 INVALID_ARGUMENT, "\r\nAccept-Encoding: gzip, identity\r\n", "gzip"},
		{"POST /v1/logs HTTP/1.1\r\n" GZIP "Content-Encoding: gzip\r\n", 415,
		 INVALID_ARGUMENT, NULL, "gzip"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		client_say(&f->client, cases[i].request);
		client_say(&f->client, "\r\n");
		expect_error(f, cases[i].status, cases[i].code, cases[i].header, cases[i].word);
	}
	post(f, "/v1/logs", PROTOBUF, bytes_slice(&f->valid));
	expect_success(f);
}

static void test_gzip(void **state)
{
	struct fixture *f = *state;
	struct bytes packed = {0};

	assert_true(gzip_encode(bytes_slice(&f->valid), &packed));
	for (unsigned i = 1; i <= 2; i++) {
		post(f, "/v1/logs", i == 1 ? GZIP : PROTOBUF "Content-Encoding: X-GZip\r\n",
		     bytes_slice(&packed));
		expect_success(f);
		assert_int_equal(f->accepted, i);
		assert_true(slice_equal(bytes_slice(&f->message), bytes_slice(&f->valid)));
	}
	packed.data[packed.len - 8] ^= 1; /* its check sum */
	post(f, "/v1/logs", GZIP, bytes_slice(&packed));
	expect_error(f, 400, INVALID_ARGUMENT, NULL, "gzip");
	post(f, "/v1/logs", GZIP, bytes_slice(&f->valid));
	expect_error(f, 400, INVALID_ARGUMENT, NULL, "gzip");
	/* Packed, but not said so. */
	post(f, "/v1/logs", PROTOBUF, bytes_slice(&packed));
	expect_error(f, 400, INVALID_ARGUMENT, NULL, "");
	assert_int_equal(f->accepted, 2);
	bytes_free(&packed);
}

/* A log record whose body is so long that the whole request has `size` bytes. */
static struct bytes request_of(size_t size)
{
	struct bytes text = {0}, value = {0}, record = {0}, request = {0};

	assert_true(bytes_reserve(&text, size));
	memset(text.data, 'a', size);
	text.len = size - 25; /* five tags and their lengths of four bytes each */
	pb_put_len(&value, 1, bytes_slice(&text));
	pb_put_len(&record, 5, bytes_slice(&value));
	build_request(&request, bytes_slice(&record));
	assert_int_equal(request.len, size);
	bytes_free(&text);
	bytes_free(&value);
	bytes_free(&record);
	return request;
}

static void check_size_limit(struct fixture *f, const char *word)
{
	size_t limit = f->sink.limit;
	char text[32];

	snprintf(text, sizeof(text), " %zu bytes", limit);
	for (size_t over = 0; over < 2; over++) {
		struct bytes request = request_of(limit + over), packed = {0};

		assert_true(gzip_encode(bytes_slice(&request), &packed));
		post(f, "/v1/logs", GZIP, bytes_slice(&packed));
		if (over)
			expect_error(f, 413, RESOURCE_EXHAUSTED, NULL, text);
		else
			expect_success(f);
		post(f, "/v1/logs", PROTOBUF, bytes_slice(&request));
		if (over)
			expect_error(f, 413, RESOURCE_EXHAUSTED, "Connection: close", word);
		else
			expect_success(f);
		bytes_free(&request);
		bytes_free(&packed);
	}
	assert_int_equal(f->accepted, 2);
	assert_int_equal(f->message.len, limit);
}

static void test_size_limit(void **state)
{
	check_size_limit(*state, " 20971520 bytes: send less at once");
}

/* Where memory is the reason, the setting is named. */
static void test_small_size_limit(void **state)
{
	check_size_limit(
		*state,
		" 3145728 bytes, half of LULL_BUFFER: send less at once, or set that higher");
}

static void test_body_limit(void **state)
{
	(void)state;
	assert_int_equal(otlp_body_limit(2 * SMALL_LIMIT), SMALL_LIMIT);
	assert_int_equal(otlp_body_limit(2 * OTLP_BODY_LIMIT), OTLP_BODY_LIMIT);
	assert_int_equal(otlp_body_limit(3 * OTLP_BODY_LIMIT), OTLP_BODY_LIMIT);
}

static void test_told_of_growth(void **state)
{
	struct fixture *f = *state;

	client_say(&f->client,
		   "POST /v1/traces HTTP/1.1\r\n" PROTOBUF "Content-Length: 10\r\n\r\n1");
	wait_until(f->base, f->grew > 0);
	assert_int_equal(http_server_held(f->server), 1);
	f->sink.grew = NULL;
	client_say(&f->client, "2");
	wait_until(f->base, http_server_held(f->server) == 2);
	assert_int_equal(f->grew, 1);
}

static void test_no_message(void **state)
{
	struct fixture *f = *state;

	post(f, "/v1/traces", PROTOBUF, slice_str("{\"resourceSpans\":[]}"));
	expect_error(f, 400, INVALID_ARGUMENT, NULL, otlp_check(OTLP_TRACES, slice_str("{")).why);
	/* Cut short. */
	post(f, "/v1/traces", PROTOBUF, slice_of(f->valid.data, f->valid.len - 1));
	expect_error(f, 400, INVALID_ARGUMENT, NULL, "");
	/* Still in step. */
	post(f, "/v1/traces", PROTOBUF, bytes_slice(&f->valid));
	expect_success(f);
	assert_int_equal(f->accepted, 1);
}

static void test_verdict_goes_along(void **state)
{
	struct fixture *f = *state;
	struct bytes span = {0}, request = {0};

	pb_put_len(&span, 5, slice_str("\xff"));
	build_request(&request, bytes_slice(&span));
	post(f, "/v1/traces", PROTOBUF, bytes_slice(&request));
	expect_success(f);
	assert_true(f->verdict.alone);
	assert_true(slice_equal(bytes_slice(&f->message), bytes_slice(&request)));
	bytes_free(&span);
	bytes_free(&request);
}

static void test_no_room(void **state)
{
	struct fixture *f = *state;

	f->full = true;
	post(f, "/v1/traces", PROTOBUF, bytes_slice(&f->valid));
	expect_error(f, 503, UNAVAILABLE, "\r\nRetry-After: 1\r\n", "room");
	f->full = false;
	post(f, "/v1/traces", PROTOBUF, bytes_slice(&f->valid));
	expect_success(f);
	assert_int_equal(f->accepted, 1);
}

static bool client_has_answer(struct fixture *f)
{
	client_read(&f->client);
	return f->client.in.len > 0;
}

/* Each allocation on the way of a packed message fails once, and at last none does. */
static void test_short_memory(void **state)
{
	struct fixture *f = *state;
	struct bytes packed = {0};
	unsigned status = 0, failures = 0;

	assert_true(gzip_encode(bytes_slice(&f->valid), &packed));
	for (int at = 1; status != 200; at++) {
		connect_again(f);
		assert_true(bytes_reserve(&f->client.in, 128 << 10));
		post(f, "/v1/logs", GZIP, bytes_slice(&packed));
		short_memory_at = at;
		wait_until(f->base, client_has_answer(f));
		failures += short_memory_at == 0;
		short_memory_at = 0;
		status = client_expect_any(&f->client);
		assert_true(status == 200 || status == 503);
	}
	assert_true(failures >= 2);
	/* An error that cannot be described is an error all the same. */
	post(f, "/", "", (struct slice){0});
	short_memory_at = 1;
	wait_until(f->base, client_has_answer(f));
	assert_int_equal(short_memory_at, 0);
	client_expect(&f->client, 404, "");
	bytes_free(&packed);
}

/* What the server refuses by itself has a Status too. */
static void test_refused_by_server(void **state)
{
	struct fixture *f = *state;

	client_say(&f->client, "hello\r\n\r\n");
	expect_error(f, 400, INVALID_ARGUMENT, "\r\nConnection: close\r\n", "");
	client_expect_end(&f->client);
}

/* ---- JSON ---- */

/* For any signal: a request with one item, as f->valid is. */
static const struct {
	const char *path, *text;
	enum otlp_signal signal;
} json_cases[] = {
	{"/v1/traces", "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{}]}]}]}", OTLP_TRACES},
	{"/v1/logs", "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{}]}]}]}", OTLP_LOGS},
	{"/v1/metrics", "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{}]}]}]}",
	 OTLP_METRICS},
};

static void expect_json_success(struct fixture *f)
{
	struct reply reply = client_reply(&f->client, false);

	assert_string_equal(reply.head, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
					"Content-Length: 2\r\n\r\n");
	assert_true(slice_is(bytes_slice(&reply.body), "{}"));
	reply_free(&reply);
}

/* As expect_error, and the Status is in JSON. */
static void expect_json_error(struct fixture *f, unsigned status, int code, const char *header,
			      const char *word)
{
	struct reply reply = client_reply(&f->client, false);
	const char *message;
	char value[256];
	json_t *error;

	assert_int_equal(reply.status, status);
	assert_string_equal(reply_header(&reply, "Content-Type", value), "application/json");
	if (header)
		assert_non_null(strstr(reply.head, header));
	error = json_loadb((const char *)reply.body.data, reply.body.len, 0, NULL);
	assert_int_equal(json_object_size(error), 2);
	assert_int_equal(json_integer_value(json_object_get(error, "code")), code);
	message = json_string_value(json_object_get(error, "message"));
	assert_non_null(message);
	if (!strstr(message, word))
		fail_msg("no '%s' in '%s'", word, message);
	json_decref(error);
	reply_free(&reply);
}

static void test_json(void **state)
{
	static const char *const fields[] = {
		JSON,
		"content-type: Application/JSON; charset=utf-8\r\n",
		JSON "Content-Encoding: gzip\r\n",
	};
	struct fixture *f = *state;
	unsigned accepted = 0;

	for (size_t i = 0; i < 9; i++) {
		struct slice text = slice_str(json_cases[i / 3].text);
		struct bytes packed = {0};

		assert_true(gzip_encode(text, &packed));
		post(f, json_cases[i / 3].path, fields[i % 3],
		     i % 3 == 2 ? bytes_slice(&packed) : text);
		expect_json_success(f);
		assert_int_equal(f->accepted, ++accepted);
		assert_int_equal(f->signal, json_cases[i / 3].signal);
		assert_true(slice_equal(bytes_slice(&f->message), bytes_slice(&f->valid)));
		assert_int_equal(f->verdict.items, i / 3 == 2 ? 0 : 1);
		bytes_free(&packed);
	}
	post(f, "/v1/logs", JSON, slice_str("{}"));
	expect_json_success(f);
	assert_int_equal(f->accepted, accepted);
}

static void test_json_refused(void **state)
{
	static const struct {
		const char *fields, *body;
		unsigned status;
		int code;
		const char *header, *word;
	} cases[] = {
		{JSON, "", 400, INVALID_ARGUMENT, NULL, "not JSON"},
		{JSON, "{\"resourceLogs\":", 400, INVALID_ARGUMENT, NULL, "not JSON"},
		{JSON, "{\"a\":\"\xff\"}", 400, INVALID_ARGUMENT, NULL, "UTF-8"},
		{JSON, "{\"resourceLogs\":1}", 400, INVALID_ARGUMENT, NULL, "array"},
		{JSON "Content-Encoding: gzip\r\n", "{}", 400, INVALID_ARGUMENT, NULL, "gzip"},
		{JSON "Content-Encoding: gzip\r\n", "", 400, INVALID_ARGUMENT, NULL, "not JSON"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		post(f, "/v1/logs", cases[i].fields, slice_str(cases[i].body));
		expect_json_error(f, cases[i].status, cases[i].code, cases[i].header,
				  cases[i].word);
	}
	client_say(&f->client, "POST /v1/logs HTTP/1.1\r\n" JSON "Content-Encoding: zstd\r\n\r\n");
	expect_json_error(f, 415, INVALID_ARGUMENT, "\r\nAccept-Encoding: gzip, identity\r\n",
			  "gzip and identity");
	client_say(&f->client, "GET /v1/logs HTTP/1.1\r\n" JSON "\r\n");
	expect_json_error(f, 405, UNIMPLEMENTED, "\r\nAllow: POST\r\n", "POST");
	f->full = true;
	post(f, "/v1/logs", JSON, slice_str(json_cases[1].text));
	expect_json_error(f, 503, UNAVAILABLE, "\r\nRetry-After: 1\r\n", "room");
	assert_int_equal(f->accepted, 0);
}

/* `{}` with so much space around it. */
static struct bytes json_of(size_t size)
{
	struct bytes text = {0};

	assert_true(bytes_reserve(&text, size));
	memset(text.data, ' ', size);
	memcpy(text.data + size / 2, "{}", 2);
	text.len = size;
	return text;
}

static void check_json_limit(struct fixture *f, size_t limit, const char *word)
{
	for (size_t over = 0; over < 2; over++) {
		struct bytes text = json_of(limit + over), packed = {0};

		assert_true(gzip_encode(bytes_slice(&text), &packed));
		post(f, "/v1/logs", JSON "Content-Encoding: gzip\r\n", bytes_slice(&packed));
		if (over)
			expect_json_error(f, 413, RESOURCE_EXHAUSTED, NULL, word);
		else
			expect_json_success(f);
		post(f, "/v1/logs", JSON, bytes_slice(&text));
		if (over)
			expect_json_error(f, 413, RESOURCE_EXHAUSTED, "Connection: close", word);
		else
			expect_json_success(f);
		bytes_free(&text);
		bytes_free(&packed);
	}
}

static void test_json_limit(void **state)
{
	check_json_limit(*state, OTLP_JSON_LIMIT, "in JSON may have 4194304 bytes: send less");
}

static void test_small_json_limit(void **state)
{
	check_json_limit(*state, SMALL_LIMIT,
			 "in JSON may have 3145728 bytes, half of LULL_BUFFER: send less");
}

/* Without a length the size shows when all is there; and a short text may be a large tree. */
static void test_json_too_large_all_the_same(void **state)
{
	struct fixture *f = *state;
	struct bytes text = json_of(OTLP_JSON_LIMIT + 1);
	char chunk[32];

	client_say(&f->client,
		   "POST /v1/logs HTTP/1.1\r\n" JSON "Transfer-Encoding: chunked\r\n\r\n");
	snprintf(chunk, sizeof(chunk), "%zx\r\n", text.len);
	client_say(&f->client, chunk);
	client_send(&f->client, text.data, text.len);
	client_say(&f->client, "\r\n0\r\n\r\n");
	expect_json_error(f, 413, RESOURCE_EXHAUSTED, NULL, "4 MiB");
	text.len = 0;
	bytes_addf(&text, "{\"a\":[0");
	while (text.len < OTLP_JSON_LIMIT / 2)
		bytes_addf(&text, ",{}");
	bytes_addf(&text, "]}");
	post(f, "/v1/logs", JSON, bytes_slice(&text));
	expect_json_error(f, 413, RESOURCE_EXHAUSTED, NULL, "too many values");
	post(f, "/v1/logs", JSON, slice_str(json_cases[1].text));
	expect_json_success(f);
	bytes_free(&text);
}

/* Each allocation on the way of a message in JSON fails once, and at last none does. */
static void test_json_short_memory(void **state)
{
	struct fixture *f = *state;
	unsigned status = 0, failures = 0;

	for (int at = 1; f->accepted == 0; at++) {
		connect_again(f);
		assert_true(bytes_reserve(&f->client.in, 128 << 10));
		post(f, "/v1/logs", JSON, slice_str(json_cases[1].text));
		short_memory_at = at;
		wait_until(f->base, client_has_answer(f));
		failures += short_memory_at == 0;
		short_memory_at = 0;
		status = client_expect_any(&f->client);
		assert_true(status == 200 || status == 503);
	}
	assert_true(failures >= 2);
	assert_true(slice_equal(bytes_slice(&f->message), bytes_slice(&f->valid)));
	/* An error that cannot be described is an error all the same. */
	for (int at = 1; at <= 2; at++) {
		post(f, "/", JSON, (struct slice){0});
		short_memory_at = at;
		wait_until(f->base, client_has_answer(f));
		assert_int_equal(short_memory_at, 0);
		client_expect(&f->client, 404, "");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_signal),
		TEST(test_fields_are_read_as_they_may_come),
		TEST(test_empty),
		TEST(test_refused_by_head),
		TEST(test_gzip),
		TEST(test_size_limit),
		cmocka_unit_test_setup_teardown(test_small_size_limit, set_up_small, tear_down),
		cmocka_unit_test(test_body_limit),
		TEST(test_told_of_growth),
		TEST(test_no_message),
		TEST(test_verdict_goes_along),
		TEST(test_no_room),
		TEST(test_short_memory),
		TEST(test_refused_by_server),
		TEST(test_json),
		TEST(test_json_refused),
		TEST(test_json_limit),
		cmocka_unit_test_setup_teardown(test_small_json_limit, set_up_small, tear_down),
		TEST(test_json_too_large_all_the_same),
		TEST(test_json_short_memory),
	};

	return cmocka_run_group_tests_name("otlp_http", tests, NULL, NULL);
}
