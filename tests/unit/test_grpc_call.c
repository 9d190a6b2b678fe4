/* SPDX-License-Identifier: Apache-2.0 */
/* A call without a connection: what it must say, what it is answered, what the sink gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edges/grpc_call.h"
#include "grpc_peer.h"
#include "grpc_sink.h"
#include "otlp_count.h"
#include "otlp_make.h"
#include "short_memory.h"
#include "wire/gzip.h"

#define LIMIT ((size_t)100000)

/* ---- Heads ---- */

struct head {
	const char *method, *path, *type, *encoding;
};

static const char traces[] = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

static void say(struct grpc_call *call, const char *name, const char *value)
{
	if (value)
		grpc_call_header(call, slice_str(name), slice_str(value));
}

static struct grpc_call begun(const struct head *head)
{
	struct grpc_call call = {0};

	say(&call, ":method", head->method);
	say(&call, ":scheme", "http");
	say(&call, ":path", head->path);
	say(&call, "content-type", head->type);
	say(&call, "grpc-encoding", head->encoding);
	say(&call, "grpc-timeout", "1n");
	return call;
}

static void test_heads(void **state)
{
	static const char *const good_types[] = {
		"application/grpc",
		"application/grpc+proto",
		"Application/gRPC",
		"application/grpc;charset=utf-8",
		"application/grpc+proto ; a=b",
	};
	static const char *const encodings[] = {NULL, "identity", "gzip"};
	struct grpc_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(good_types) / sizeof(good_types[0]); i++) {
		for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
			struct head head = {"POST", peer_path((enum otlp_signal)s), good_types[i],
					    encodings[s]};
			struct grpc_call call = begun(&head);

			assert_true(grpc_call_head(&call, &answer));
			assert_int_equal(call.signal, s);
		}
	}
}

static void test_heads_refused(void **state)
{
	static const struct {
		struct head head;
		unsigned http_status;
		enum grpc_code code;
		const char *text;
	} cases[] = {
		{{"GET", traces, "application/grpc", NULL}, 405, GRPC_UNIMPLEMENTED, "POST"},
		{{NULL, NULL, NULL, NULL}, 405, GRPC_UNIMPLEMENTED, "POST"},
		{{"POST", traces, NULL, NULL}, 415, GRPC_INVALID_ARGUMENT, "application/grpc"},
		{{"POST", traces, "", NULL}, 415, GRPC_INVALID_ARGUMENT, "LULL_HTTP_PORT"},
		{{"POST", "/v1/traces", "application/x-protobuf", NULL},
		 415,
		 GRPC_INVALID_ARGUMENT,
		 "LULL_HTTP_PORT"},
		{{"POST", traces, "application/grpc-web", NULL}, 415, GRPC_INVALID_ARGUMENT, ""},
		{{"POST", traces, "application/grpc+json", NULL}, 415, GRPC_INVALID_ARGUMENT, ""},
		{{"POST", traces, "application/grp", NULL}, 415, GRPC_INVALID_ARGUMENT, ""},
		{{"POST", "/", "application/grpc", NULL}, 200, GRPC_UNIMPLEMENTED, "TraceService"},
		{{"POST", NULL, "application/grpc", NULL}, 200, GRPC_UNIMPLEMENTED, "Export"},
		{{"POST", "/opentelemetry.proto.collector.trace.v1.TraceService/export",
		  "application/grpc", NULL},
		 200,
		 GRPC_UNIMPLEMENTED,
		 "Export"},
		{{"POST", "/opentelemetry.proto.collector.trace.v1.TraceService/Export?",
		  "application/grpc", NULL},
		 200,
		 GRPC_UNIMPLEMENTED,
		 "Export"},
		{{"POST",
		  "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
		  "application/grpc", NULL},
		 200,
		 GRPC_UNIMPLEMENTED,
		 "Export"},
		{{"POST", traces, "application/grpc", "deflate"}, 200, GRPC_UNIMPLEMENTED, "gzip"},
		{{"POST", traces, "application/grpc", ""}, 200, GRPC_UNIMPLEMENTED, "identity"},
		{{"POST", traces, "application/grpc", "gzip,identity"},
		 200,
		 GRPC_UNIMPLEMENTED,
		 "gzip"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct grpc_call call = begun(&cases[i].head);
		struct grpc_answer answer;

		assert_false(grpc_call_head(&call, &answer));
		assert_int_equal(answer.http_status, cases[i].http_status);
		assert_int_equal(answer.code, cases[i].code);
		assert_non_null(strstr(answer.text, cases[i].text));
		/* Who sent what is not known here is told what is. */
		assert_int_equal(answer.say_encodings,
				 cases[i].head.encoding && cases[i].http_status == 200);
	}
}

static void test_head_too_large(void **state)
{
	static const struct head head = {"POST", traces, "application/grpc", NULL};
	struct grpc_call call = begun(&head);
	struct grpc_answer answer;
	char value[1000] = "";

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	while (call.head_bytes + 1032 <= GRPC_HEAD_LIMIT) {
		say(&call, "a", value);
		assert_true(grpc_call_head(&call, &answer));
	}
	say(&call, "a", value);
	assert_false(grpc_call_head(&call, &answer));
	assert_int_equal(answer.http_status, 431);
	assert_int_equal(answer.code, GRPC_RESOURCE_EXHAUSTED);
}

/* ---- Messages ---- */

/* Sends it all in two parts, and ends. */
static struct grpc_answer called(struct grpc_sink *s, enum otlp_signal signal, const char *encoding,
				 struct slice data)
{
	const struct head head = {"POST", peer_path(signal), "application/grpc", encoding};
	struct grpc_call call = begun(&head);
	struct grpc_answer answer = {0};
	size_t half = data.len / 2;
	struct slice rest = {data.data + half, data.len - half};

	assert_true(grpc_call_head(&call, &answer));
	if (grpc_call_data(&call, &s->sink, slice_of(data.data, half), &answer) &&
	    grpc_call_data(&call, &s->sink, rest, &answer))
		grpc_call_end(&call, &s->sink, &answer);
	assert_int_equal(answer.http_status, 200);
	assert_int_equal(answer.code == GRPC_OK, answer.text[0] == 0);
	bytes_free(&call.message.body);
	return answer;
}

static void expect(struct grpc_sink *s, const char *encoding, struct slice data,
		   enum grpc_code code, const char *text)
{
	unsigned accepted = s->accepted;
	struct grpc_answer answer = called(s, OTLP_TRACES, encoding, data);

	assert_int_equal(answer.code, code);
	if (!strstr(answer.text, text))
		print_error("%s\n", answer.text);
	assert_non_null(strstr(answer.text, text));
	assert_int_equal(s->accepted, accepted);
}

static void test_taken(void **state)
{
	struct grpc_sink s;

	(void)state;
	grpc_sink_init(&s, LIMIT);
	for (unsigned i = 0; i < 60; i++) {
		enum otlp_signal signal = (enum otlp_signal)(i % OTLP_SIGNALS);
		struct bytes request = {0}, packed = {0}, data = {0};
		bool compressed = i % 2;

		make_request(signal, i, true, &request);
		assert_true(gzip_encode(bytes_slice(&request), &packed));
		peer_frame(&data, compressed, bytes_slice(compressed ? &packed : &request));
		/* A message may be plain although an encoding is named. */
		assert_int_equal(called(&s, signal, compressed || i % 4 ? "gzip" : NULL,
					bytes_slice(&data))
					 .code,
				 GRPC_OK);
		assert_int_equal(s.accepted, i + 1);
		assert_int_equal(s.signal, signal);
		assert_true(slice_equal(bytes_slice(&s.message), bytes_slice(&request)));
		assert_true(s.verdict.valid);
		assert_int_equal(s.verdict.items, otlp_count(signal, bytes_slice(&request)));
		bytes_free(&request);
		bytes_free(&packed);
		bytes_free(&data);
	}
	bytes_free(&s.message);
	gzip_free();
}

static void test_nothing_is_fine(void **state)
{
	struct grpc_sink s;

	(void)state;
	grpc_sink_init(&s, LIMIT);
	expect(&s, NULL, slice_of("\0\0\0\0\0", 5), GRPC_OK, "");
	expect(&s, "gzip", slice_of("\1\0\0\0\0", 5), GRPC_OK, "");
}

static void test_not_one_message(void **state)
{
	struct grpc_sink s;

	(void)state;
	grpc_sink_init(&s, LIMIT);
	expect(&s, NULL, slice_of("", 0), GRPC_UNIMPLEMENTED, "none");
	expect(&s, NULL, slice_of("\0\0\0\0\0\0\0\0\0\0", 10), GRPC_UNIMPLEMENTED, "more");
	expect(&s, NULL, slice_of("\0\0\0", 3), GRPC_INTERNAL, "within");
	expect(&s, NULL, slice_of("\0\0\0\0\3ab", 7), GRPC_INTERNAL, "within");
	expect(&s, NULL, slice_of("\2\0\0\0\0", 5), GRPC_INTERNAL, "first byte");
	expect(&s, NULL, slice_of("\1\0\0\0\1a", 6), GRPC_INTERNAL, "grpc-encoding");
	expect(&s, "identity", slice_of("\1\0\0\0\1a", 6), GRPC_INTERNAL, "grpc-encoding");
}

static void test_malformed(void **state)
{
	struct grpc_sink s;

	(void)state;
	grpc_sink_init(&s, LIMIT);
	expect(&s, NULL, slice_of("\0\0\0\0\4\377\377\377\377", 9), GRPC_INVALID_ARGUMENT, "");
	expect(&s, "gzip", slice_of("\1\0\0\0\4abcd", 9), GRPC_INTERNAL, "gzip");
}

static void test_too_large(void **state)
{
	struct bytes zeros = {0}, packed = {0}, data = {0};
	struct grpc_sink s;

	(void)state;
	grpc_sink_init(&s, LIMIT);
	for (size_t i = 0; i <= LIMIT; i++)
		bytes_addc(&zeros, 0);
	peer_frame(&data, 0, bytes_slice(&zeros));
	expect(&s, NULL, bytes_slice(&data), GRPC_RESOURCE_EXHAUSTED,
	       "100000 bytes, half of LULL_BUFFER");
	assert_true(gzip_encode(bytes_slice(&zeros), &packed));
	data.len = 0;
	peer_frame(&data, 1, bytes_slice(&packed));
	expect(&s, "gzip", bytes_slice(&data), GRPC_RESOURCE_EXHAUSTED, "LULL_BUFFER");
	bytes_free(&zeros);
	bytes_free(&packed);
	bytes_free(&data);
	gzip_free();
}

/* What may be tried again, and what is held then. */
static void test_no_room_and_no_memory(void **state)
{
	struct bytes request = grpc_sink_request(3000), packed = {0}, data = {0};
	struct grpc_sink s;

	(void)state;
	grpc_sink_init(&s, LIMIT);
	assert_true(gzip_encode(bytes_slice(&request), &packed));
	peer_frame(&data, 1, bytes_slice(&packed));
	s.full = true;
	expect(&s, "gzip", bytes_slice(&data), GRPC_UNAVAILABLE, "no room");
	s.full = false;
	for (int at = 1; at <= 2; at++) {
		short_memory_at = at;
		expect(&s, "gzip", bytes_slice(&data), GRPC_UNAVAILABLE, "memory");
		assert_int_equal(short_memory_at, 0);
	}
	assert_int_equal(called(&s, OTLP_TRACES, "gzip", bytes_slice(&data)).code, GRPC_OK);
	bytes_free(&s.message);
	bytes_free(&request);
	bytes_free(&packed);
	bytes_free(&data);
	gzip_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_heads_refused),
		cmocka_unit_test(test_head_too_large),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_nothing_is_fine),
		cmocka_unit_test(test_not_one_message),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_no_room_and_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
