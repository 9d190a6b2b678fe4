/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/2 of the gRPC server against nghttp2's client, in memory: every test at once, byte by
 * byte, and cut at odd places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "short_heap.h"

/* For its calloc. */
#include "edges/grpc_session.c"
#include "grpc_peer.h"
#include "grpc_sink.h"
#include "wire/gzip.h"

#define KB ((size_t)1 << 10)
#define MB ((size_t)1 << 20)

struct world {
	struct grpc_sink sink;
	struct http_bodies bodies;
	struct grpc_session session;
	struct peer *peer;
	size_t step; /* so many bytes are fed at a time */
	unsigned grew;
	bool room; /* is made when it is asked for */
};

static struct world *world_of(struct http_bodies *bodies)
{
	return (struct world *)(void *)((char *)bodies - offsetof(struct world, bodies));
}

static bool make_room(struct http_bodies *bodies, size_t bytes)
{
	(void)bytes;
	return world_of(bodies)->room;
}

static void grew(struct http_bodies *bodies)
{
	world_of(bodies)->grew++;
}

static void world_make(struct world *w, size_t step)
{
	*w = (struct world){.step = step, .peer = peer_new()};
	grpc_sink_init(&w->sink, 8 * MB);
	w->bodies = (struct http_bodies){
		.limit = 8 * MB,
		.total_limit = 12 * MB,
		.make_room = make_room,
		.grew = grew,
	};
	grpc_session_init(&w->session, &w->sink.sink, &w->bodies);
}

static void world_free(struct world *w)
{
	grpc_session_free(&w->session);
	assert_int_equal(w->bodies.held, 0);
	assert_int_equal(w->session.unanswered, 0);
	peer_free(w->peer);
	bytes_free(&w->sink.message);
}

static void feed(struct world *w, struct slice in)
{
	while (in.len > 0) {
		size_t len = in.len < w->step ? in.len : w->step;

		assert_int_equal(grpc_session_feed(&w->session, slice_of(in.data, len)), GRPC_FED);
		in = slice_of(in.data + len, in.len - len);
	}
}

/* Bytes go to and fro until both are silent. */
static void turn(struct world *w)
{
	for (bool moved = true; moved;) {
		struct bytes out = {0};
		struct slice in;

		peer_output(w->peer, &out);
		moved = out.len > 0;
		feed(w, bytes_slice(&out));
		bytes_free(&out);
		while ((in = grpc_session_output(&w->session)).len > 0) {
			peer_input(w->peer, in);
			moved = true;
		}
	}
}

static struct peer_call *export(struct world *w, size_t len)
{
	struct bytes request = grpc_sink_request(len), data = {0};
	struct peer_call *call;

	peer_frame(&data, 0, bytes_slice(&request));
	call = peer_call(w->peer, peer_path(OTLP_TRACES), NULL, bytes_slice(&data), true);
	bytes_free(&request);
	bytes_free(&data);
	return call;
}

/* Has begun a message of `len` bytes and sent `sent` of them. */
static struct peer_call *half_sent(struct world *w, size_t len, size_t sent)
{
	struct bytes data = {0};
	struct peer_call *call;
	uint8_t prefix[5] = {0, 0, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};

	bytes_append(&data, prefix, sizeof(prefix));
	for (size_t i = 0; i < sent; i++)
		bytes_addc(&data, 'x');
	call = peer_call(w->peer, peer_path(OTLP_LOGS), NULL, bytes_slice(&data), false);
	bytes_free(&data);
	turn(w);
	return call;
}

/* ---- Calls ---- */

static void test_one(struct world *w)
{
	struct peer_call *call = export(w, 100);

	turn(w);
	peer_expect(call, "200", 0, NULL);
	assert_int_equal(w->sink.accepted, 1);
	assert_int_equal(w->sink.signal, OTLP_TRACES);
	assert_int_equal(w->sink.verdict.items, 1);
	assert_false(grpc_session_ended(&w->session));
	assert_false(w->peer->gone);
}

static void test_signals_and_encodings(struct world *w)
{
	struct bytes request = grpc_sink_request(5000), packed = {0}, plain = {0}, gzip = {0};

	assert_true(gzip_encode(bytes_slice(&request), &packed));
	peer_frame(&plain, 0, bytes_slice(&request));
	peer_frame(&gzip, 1, bytes_slice(&packed));
	for (unsigned s = OTLP_TRACES; s <= OTLP_LOGS; s++) {
		const char *path = peer_path((enum otlp_signal)s);
		struct peer_call *calls[] = {
			peer_call(w->peer, path, NULL, bytes_slice(&plain), true),
			peer_call(w->peer, path, "identity", bytes_slice(&plain), true),
			peer_call(w->peer, path, "gzip", bytes_slice(&gzip), true),
		};

		turn(w);
		for (size_t i = 0; i < 3; i++)
			peer_expect(calls[i], "200", 0, NULL);
		assert_int_equal(w->sink.signal, s);
		assert_true(slice_equal(bytes_slice(&w->sink.message), bytes_slice(&request)));
	}
	assert_int_equal(w->sink.accepted, 6);
	bytes_free(&request);
	bytes_free(&packed);
	bytes_free(&plain);
	bytes_free(&gzip);
	gzip_free();
}

/* More than may be open at once: the client keeps the others back. */
static void test_many_at_once(struct world *w)
{
	struct peer_call *calls[300];

	for (size_t i = 0; i < 300; i++)
		calls[i] = export(w, 100 + i);
	turn(w);
	for (size_t i = 0; i < 300; i++)
		peer_expect(calls[i], "200", 0, NULL);
	assert_int_equal(w->sink.accepted, 300);
}

/* Parts of many messages come in turns. */
static void test_interleaved(struct world *w)
{
	struct bytes request = grpc_sink_request(1000), data = {0};
	struct peer_call *calls[64];

	peer_frame(&data, 0, bytes_slice(&request));
	for (size_t i = 0; i < 64; i++)
		calls[i] = peer_call(w->peer, peer_path(OTLP_LOGS), NULL, slice_of(data.data, 3),
				     false);
	turn(w);
	for (size_t i = 0; i < 64; i++)
		peer_add(w->peer, calls[i], slice_of(data.data + 3, 500), false);
	turn(w);
	assert_int_equal(w->session.unanswered, 64);
	assert_int_equal(w->bodies.held, 64 * 498);
	assert_int_equal(grpc_session_held(&w->session), 64 * 498);
	assert_true(w->grew > 0);
	for (size_t i = 64; i-- > 0;)
		peer_add(w->peer, calls[i], slice_of(data.data + 503, data.len - 503), i % 2);
	turn(w);
	/* All of the message is there, and the end of the call is not. */
	assert_int_equal(w->session.unanswered, 32);
	for (size_t i = 0; i < 64; i += 2)
		peer_add(w->peer, calls[i], (struct slice){0}, true);
	turn(w);
	for (size_t i = 0; i < 64; i++)
		peer_expect(calls[i], "200", 0, NULL);
	assert_int_equal(w->sink.accepted, 64);
	bytes_free(&request);
	bytes_free(&data);
}

static void test_trailers_of_the_client(struct world *w)
{
	struct bytes request = grpc_sink_request(10), data = {0};
	nghttp2_nv nv = {.name = (uint8_t *)(uintptr_t) "a",
			 .value = (uint8_t *)(uintptr_t) "b",
			 .namelen = 1,
			 .valuelen = 1};
	struct peer_call *call;

	peer_frame(&data, 0, bytes_slice(&request));
	call = peer_call(w->peer, peer_path(OTLP_LOGS), NULL, bytes_slice(&data), false);
	turn(w);
	assert_int_equal(nghttp2_submit_trailer(w->peer->h2, call->id, &nv, 1), 0);
	turn(w);
	/* nghttp2's client has put its trailers behind data that it still waits for. */
	assert_int_equal(w->session.unanswered, call->closed ? 0 : 1);
	if (!call->closed) {
		peer_add(w->peer, call, (struct slice){0}, true);
		turn(w);
	}
	peer_expect(call, "200", 0, NULL);
	bytes_free(&request);
	bytes_free(&data);
}

/* ---- Refusals ---- */

static void test_refused_and_on(struct world *w)
{
	const char *get[] = {":method", "GET",        ":scheme", "http", ":path",
			     "/",       ":authority", "a",       NULL};
	const char *type[] = {":method",
			      "POST",
			      ":scheme",
			      "http",
			      ":path",
			      peer_path(OTLP_LOGS),
			      ":authority",
			      "a",
			      "content-type",
			      "application/x-protobuf",
			      NULL};
	struct slice garbage = slice_of("\0\0\0\0\3\377\377\377", 8);
	char value[512];
	struct peer_call *calls[] = {
		peer_call_with(w->peer, get, (struct slice){0}, true),
		peer_call_with(w->peer, type, slice_str("body"), true),
		peer_call(w->peer, "/grpc.health.v1.Health/Check", NULL, garbage, true),
		peer_call(w->peer, peer_path(OTLP_LOGS), "zstd", garbage, true),
		peer_call(w->peer, peer_path(OTLP_LOGS), NULL, garbage, true),
		peer_call(w->peer, peer_path(OTLP_LOGS), NULL, (struct slice){0}, true),
		export(w, 10),
	};

	turn(w);
	peer_expect(calls[0], "405", GRPC_UNIMPLEMENTED, "POST");
	peer_expect(calls[1], "415", GRPC_INVALID_ARGUMENT, "application/grpc");
	peer_expect(calls[2], "200", GRPC_UNIMPLEMENTED, "TraceService");
	peer_expect(calls[3], "200", GRPC_UNIMPLEMENTED, "gzip");
	assert_string_equal(peer_field(&calls[3]->head, "grpc-accept-encoding", value),
			    "gzip,identity");
	peer_expect(calls[4], "200", GRPC_INVALID_ARGUMENT, "");
	assert_null(peer_field(&calls[4]->head, "grpc-accept-encoding", value));
	peer_expect(calls[5], "200", GRPC_UNIMPLEMENTED, "none");
	peer_expect(calls[6], "200", 0, NULL);
	assert_int_equal(w->sink.accepted, 1);
}

/* The answer comes before the message, and what is left of it need not be sent. */
static void test_refused_at_once(struct world *w)
{
	struct slice large = slice_of("\0\1\0\0\0xxx", 8); /* 16 MiB */
	struct peer_call *calls[] = {
		peer_call(w->peer, "/unknown", NULL, large, false),
		peer_call(w->peer, peer_path(OTLP_LOGS), NULL, large, false),
		peer_call(w->peer, peer_path(OTLP_LOGS), NULL, slice_of("\2\0\0\0\1", 5), false),
		peer_call(w->peer, peer_path(OTLP_LOGS), NULL, slice_of("\0\0\0\0\0\0", 6), false),
	};

	turn(w);
	peer_expect(calls[0], "200", GRPC_UNIMPLEMENTED, "Export");
	peer_expect(calls[1], "200", GRPC_RESOURCE_EXHAUSTED, "8388608 bytes");
	peer_expect(calls[2], "200", GRPC_INTERNAL, "");
	peer_expect(calls[3], "200", GRPC_UNIMPLEMENTED, "");
	assert_int_equal(w->session.unanswered, 0);
	assert_null(w->session.streams);
	export(w, 10);
	turn(w);
	assert_int_equal(w->sink.accepted, 1);
}

static void test_header_bomb(struct world *w)
{
	char value[1000] = "";
	const char *fields[64] = {":method",      "POST",
				  ":scheme",      "http",
				  ":path",        peer_path(OTLP_LOGS),
				  ":authority",   "a",
				  "content-type", "application/grpc"};
	struct peer_call *call;

	memset(value, 'x', sizeof(value) - 1);
	for (size_t i = 10; i < 60; i += 2) {
		fields[i] = "bomb";
		fields[i + 1] = value;
	}
	call = peer_call_with(w->peer, fields, (struct slice){0}, true);
	turn(w);
	peer_expect(call, "431", GRPC_RESOURCE_EXHAUSTED, "header");
	export(w, 10);
	turn(w);
	assert_int_equal(w->sink.accepted, 1);
}

static void test_no_room(struct world *w)
{
	struct peer_call *call;

	w->sink.full = true;
	call = export(w, 10);
	turn(w);
	peer_expect(call, "200", GRPC_UNAVAILABLE, "no room");
}

/* ---- Memory ---- */

static void test_flow_control(struct world *w)
{
	struct peer_call *calls[] = {export(w, 4 * MB), export(w, 4 * MB), export(w, 7 * MB)};

	if (w->step < 100)
		return; /* the same, in ages */
	turn(w);
	for (size_t i = 0; i < 3; i++) {
		/* One after the other: who comes late finds what the others have left. */
		assert_true(calls[i]->closed);
		peer_expect(calls[i], "200", 0, NULL);
	}
	/* A message of 4 MiB fits into the window, so that nobody waits for it to be enlarged. */
	assert_true(GRPC_STREAM_WINDOW >= 4 * MB + 5);
	assert_true(w->peer->window_updates > 0);
}

static void test_all_together_are_bounded(struct world *w)
{
	struct peer_call *first, *second, *third;

	if (w->step < 100)
		return;
	first = half_sent(w, 7 * MB, 6 * MB);
	second = half_sent(w, 7 * MB, 5 * MB);
	assert_int_equal(w->bodies.held, 11 * MB);
	third = half_sent(w, 3 * MB, 2 * MB);
	peer_expect(third, "200", GRPC_UNAVAILABLE, "at once");
	assert_int_equal(w->bodies.held, 11 * MB);
	/* One that is there as a whole is handed on, and not refused. */
	w->bodies.total_limit = 11 * MB;
	third = export(w, 10);
	turn(w);
	peer_expect(third, "200", 0, NULL);
	w->room = true;
	third = half_sent(w, 3 * MB, 2 * MB);
	assert_false(third->closed);
	grpc_session_give_way(&w->session);
	turn(w);
	peer_expect(first, "200", GRPC_UNAVAILABLE, "room");
	peer_expect(second, "200", GRPC_UNAVAILABLE, "room");
	assert_int_equal(w->bodies.held, 0);
}

/* Without memory for it a call is refused so that it is made again, and the others go on. */
static void test_no_memory_for_a_call(struct world *w)
{
	struct peer_call *before = half_sent(w, 1000, 10), *call = export(w, 10);

	short_heap_at = 1;
	turn(w);
	assert_int_equal(short_heap_at, 0);
	assert_true(call->closed);
	assert_int_equal(call->error, NGHTTP2_REFUSED_STREAM);
	assert_int_equal(call->blocks, 0);
	assert_false(before->closed);
	call = export(w, 10);
	turn(w);
	peer_expect(call, "200", 0, NULL);
}

/* A call that is reset is forgotten, wherever it was. */
static void test_resets(struct world *w)
{
	struct peer_call *calls[4];
	struct peer_call *other;

	calls[0] = half_sent(w, 1000, 0);
	calls[1] = half_sent(w, 1000, 500);
	calls[2] = half_sent(w, 1000, 1000);
	calls[3] = peer_call(w->peer, peer_path(OTLP_LOGS), NULL, (struct slice){0}, false);
	other = half_sent(w, 1000, 10);
	assert_int_equal(w->session.unanswered, 5);
	for (size_t i = 0; i < 4; i++)
		nghttp2_submit_rst_stream(w->peer->h2, 0, calls[i]->id, NGHTTP2_CANCEL);
	turn(w);
	assert_int_equal(w->session.unanswered, 1);
	assert_int_equal(w->bodies.held, 10);
	assert_false(other->closed);
	export(w, 10);
	turn(w);
	assert_int_equal(w->sink.accepted, 1);
}

/* A client that takes no answers holds nothing but its calls. */
static void test_no_window_for_answers(struct world *w)
{
	const nghttp2_settings_entry none = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0};
	const nghttp2_settings_entry three = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 3};
	struct peer_call *call;

	nghttp2_submit_settings(w->peer->h2, 0, &none, 1);
	turn(w);
	call = export(w, 100);
	turn(w);
	assert_int_equal(w->sink.accepted, 1);
	assert_false(call->closed);
	assert_int_equal(w->session.unanswered, 0);
	assert_int_equal(w->bodies.held, 0);
	/* The answer's five bytes come in two frames. */
	nghttp2_submit_settings(w->peer->h2, 0, &three, 1);
	turn(w);
	peer_expect(call, "200", 0, NULL);
}

/* ---- Connections ---- */

static void test_ping(struct world *w)
{
	for (int i = 0; i < 3; i++)
		nghttp2_submit_ping(w->peer->h2, 0, NULL);
	turn(w);
	assert_int_equal(w->peer->pongs, 3);
}

/* The client goes: what it has begun is answered, and then all is over. */
static void test_goaway_of_the_client(struct world *w)
{
	struct peer_call *call = half_sent(w, 1000, 10);

	nghttp2_submit_goaway(w->peer->h2, 0, 0, NGHTTP2_NO_ERROR, NULL, 0);
	turn(w);
	assert_false(grpc_session_ended(&w->session));
	peer_add(w->peer, call, slice_str("rest"), true);
	turn(w);
	peer_expect(call, "200", GRPC_INTERNAL, "within");
	assert_true(grpc_session_ended(&w->session));
}

static void test_goaway_of_the_server(struct world *w)
{
	struct peer_call *call = half_sent(w, 1000, 10);

	assert_true(grpc_session_go_away(&w->session, NGHTTP2_NO_ERROR, "enough"));
	turn(w);
	assert_true(w->peer->gone);
	assert_int_equal(w->peer->goaway_error, NGHTTP2_NO_ERROR);
	assert_string_equal(w->peer->goaway_text, "enough");
	/* What had been begun goes on. */
	assert_false(grpc_session_ended(&w->session));
	peer_add(w->peer, call, slice_str("rest"), true);
	turn(w);
	peer_expect(call, "200", GRPC_INTERNAL, "within");
	assert_true(grpc_session_ended(&w->session));
}

/* Before the client has said a word. */
static void test_goaway_at_once(struct world *w)
{
	assert_true(grpc_session_go_away(&w->session, NGHTTP2_ENHANCE_YOUR_CALM, "too many"));
	turn(w);
	assert_true(w->peer->gone);
	assert_int_equal(w->peer->goaway_error, NGHTTP2_ENHANCE_YOUR_CALM);
	assert_true(grpc_session_ended(&w->session));
}

static void test_protocol_error(struct world *w)
{
	/* DATA on stream 0. */
	const uint8_t frame[] = {0, 0, 1, 0, 0, 0, 0, 0, 0, 'x'};

	turn(w);
	feed(w, slice_of(frame, sizeof(frame)));
	turn(w);
	assert_true(w->peer->gone);
	assert_int_equal(w->peer->goaway_error, NGHTTP2_PROTOCOL_ERROR);
	assert_true(grpc_session_ended(&w->session));
}

/* As from one who does not read: nothing is sent meanwhile. It ends, by whatever limit. */
static void expect_flood_to_end(struct world *w, const struct bytes *flood)
{
	enum grpc_fed fed = GRPC_FED;
	size_t at = 0;

	turn(w);
	while (at < flood->len && fed == GRPC_FED && !grpc_session_ended(&w->session)) {
		size_t left = flood->len - at, len = left < w->step ? left : w->step;

		fed = grpc_session_feed(&w->session, slice_of(flood->data + at, len));
		at += len;
	}
	while (fed == GRPC_FED && grpc_session_output(&w->session).len > 0)
		;
	assert_true(fed == GRPC_BROKEN || grpc_session_ended(&w->session));
}

static void test_settings_flood(struct world *w)
{
	const uint8_t frame[] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
	struct bytes flood = {0};

	for (int i = 0; i < 2000; i++)
		bytes_append(&flood, frame, sizeof(frame));
	expect_flood_to_end(w, &flood);
	bytes_free(&flood);
}

static void test_continuation_flood(struct world *w)
{
	const uint8_t headers[] = {0, 0, 0, 1, 0, 0, 0, 0, 1};
	/* A field that is in no index: "a: b". */
	const uint8_t continuation[] = {0, 0, 5, 9, 0, 0, 0, 0, 1, 0, 1, 'a', 1, 'b'};
	struct bytes flood = {0};

	bytes_append(&flood, headers, sizeof(headers));
	for (int i = 0; i < 20000; i++)
		bytes_append(&flood, continuation, sizeof(continuation));
	expect_flood_to_end(w, &flood);
	bytes_free(&flood);
}

/* "Rapid reset": calls that are made and taken back. */
static void test_reset_flood(struct world *w)
{
	/* POST, http, /, and "a" for the authority; then CANCEL. */
	uint8_t frames[] = {0,   0, 6, 1, 4, 0, 0, 0, 0, 0x83, 0x86, 0x84, 1, 1,
			    'a', 0, 0, 4, 3, 0, 0, 0, 0, 0,    0,    0,    0, 8};
	uint32_t id;

	turn(w);
	for (id = 1; id < 60000 && !grpc_session_ended(&w->session); id += 2) {
		frames[7] = frames[22] = (uint8_t)(id >> 8);
		frames[8] = frames[23] = (uint8_t)id;
		feed(w, slice_of(frames, sizeof(frames)));
		while (grpc_session_output(&w->session).len > 0)
			;
	}
	assert_in_range(id, 1000, 10000);
	assert_null(w->session.streams);
}

static void test_not_http2(struct world *w)
{
	static const char *const texts[] = {
		"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
		"\26\3\1\2\0\1\0\1\374\3\3", /* TLS */
		"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		enum grpc_fed fed = GRPC_FED;
		struct grpc_session s;

		grpc_session_init(&s, &w->sink.sink, &w->bodies);
		for (const char *at = texts[i]; *at && fed == GRPC_FED; at++) {
			fed = grpc_session_feed(&s, slice_of(at, 1));
			/* Nothing is said to those who would not understand it. */
			assert_int_equal(grpc_session_output(&s).len, 0);
		}
		assert_int_equal(fed, GRPC_NOT_HTTP2);
		grpc_session_free(&s);
		grpc_session_init(&s, &w->sink.sink, &w->bodies);
		assert_int_equal(grpc_session_feed(&s, slice_str(texts[i])), GRPC_NOT_HTTP2);
		grpc_session_free(&s);
	}
}

/* Freed in the midst of it all: nothing is leaked or held. */
static void test_freed_in_the_middle(struct world *w)
{
	half_sent(w, 1000, 500);
	half_sent(w, 1000, 1000);
	export(w, 10);
	turn(w);
	peer_call(w->peer, peer_path(OTLP_LOGS), NULL, slice_of("\0\0\0\0\3a", 6), false);
	turn(w);
	assert_int_equal(w->session.unanswered, 3);
}

/* ---- Each in every way ---- */

#define EACH(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}

static const struct {
	const char *name;
	void (*run)(struct world *w);
} tests[] = {
	EACH(test_one),
	EACH(test_signals_and_encodings),
	EACH(test_many_at_once),
	EACH(test_interleaved),
	EACH(test_trailers_of_the_client),
	EACH(test_refused_and_on),
	EACH(test_refused_at_once),
	EACH(test_header_bomb),
	EACH(test_no_room),
	EACH(test_flow_control),
	EACH(test_all_together_are_bounded),
	EACH(test_no_memory_for_a_call),
	EACH(test_resets),
	EACH(test_no_window_for_answers),
	EACH(test_ping),
	EACH(test_goaway_of_the_client),
	EACH(test_goaway_of_the_server),
	EACH(test_goaway_at_once),
	EACH(test_protocol_error),
	EACH(test_settings_flood),
	EACH(test_continuation_flood),
	EACH(test_reset_flood),
	EACH(test_not_http2),
	EACH(test_freed_in_the_middle),
};

static void run(size_t step)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct world w;

		print_message("%s\n", tests[i].name);
		world_make(&w, step);
		tests[i].run(&w);
		world_free(&w);
	}
}

static void test_at_once(void **state)
{
	(void)state;
	run(SIZE_MAX);
}

static void test_in_pieces(void **state)
{
	(void)state;
	run(16384);
	run(1000);
}

static void test_byte_by_byte(void **state)
{
	(void)state;
	run(1);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_in_pieces),
		cmocka_unit_test(test_byte_by_byte),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
