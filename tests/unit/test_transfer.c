/* SPDX-License-Identifier: Apache-2.0 */
/* What a transfer makes of what backends answer, good and bad. */
#include "transfer_world.h"

static void test_answer(void **state)
{
	struct world *w = *state;
	struct client peer;

	post(w);
	peer = next_peer(w);
	expect_post(&peer);
	client_say(&peer, "HTTP/1.1 503 No\r\nretry-AFTER:  7 \r\nContent-Length: 4\r\n"
			  "Content-Type: application/x-protobuf\r\n\r\nbusy");
	wait_until(w->base, w->ended == 1);
	assert_int_equal(w->last.status, 503);
	assert_null(w->last.error);
	assert_int_equal(w->last.form, OTLP_PROTOBUF);
	assert_false(w->last.is_grpc);
	assert_false(w->last.maybe_taken);
	assert_string_equal(w->body, "busy");
	assert_true(w->last.retry_after == 7 * NS_PER_S);
	client_close(&peer);
}

static void test_request(void **state)
{
	struct world *w = *state;
	char secret[] = "Api-Key: s", *headers[] = {secret, NULL};
	struct transfer_body body = {.gzip = true};
	struct bytes request;
	struct client peer;

	w->settings.headers = headers;
	bytes_add(&body.bytes, slice_str("zipped"));
	assert_non_null(transfer_start(w->transfers, &w->settings, &body, world_ended, w));
	peer = next_peer(w);
	request = request_of(&peer);
	assert_non_null(strstr(bytes_cstr(&request), "\r\nApi-Key: s\r\n"));
	assert_non_null(strstr(bytes_cstr(&request), "\r\nContent-Encoding: gzip\r\n"));
	assert_non_null(strstr(bytes_cstr(&request), "\r\nUser-Agent: lull/"));
	assert_null(strstr(bytes_cstr(&request), "Expect"));
	assert_non_null(strstr(bytes_cstr(&request), "\r\n\r\nzipped"));
	bytes_free(&request);
	client_say(&peer, OK_ANSWER);
	wait_until(w->base, w->ended == 1);
	client_close(&peer);
}

/* What the settings want compressed and is not, as it is too large, is not said to be. */
static void test_body_as_it_is(void **state)
{
	struct world *w = *state;
	struct bytes request;
	struct client peer;

	w->settings.compression = COMPRESSION_GZIP;
	post(w);
	peer = next_peer(w);
	request = request_of(&peer);
	assert_null(strstr(bytes_cstr(&request), "Content-Encoding"));
	bytes_free(&request);
	client_say(&peer, OK_ANSWER);
	wait_until(w->base, w->ended == 1);
	client_close(&peer);
}

/* ---- Answers that are none ---- */

enum how { CLOSES, RESETS, STAYS, HANGS };

static const struct {
	const char *answer;
	enum how then;
	unsigned status;
	const char *error;
} broken[] = {
	{"", CLOSES, 0, "Empty reply from server"},
	{"", RESETS, 0, "Recv failure"},
	{"", HANGS, 0, "no answer in time"}, /* it stays, and nothing more comes */
	{"HTTP/1.1 20", CLOSES, 0, ""},
	{"HTTP/1.1 200 OK\r\n", CLOSES, 0, "middle of its headers"},
	{"HTTP/1.1 200 OK\r\nContent-Le", CLOSES, 0, "middle of its headers"},
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", RESETS, 0, "Recv failure"},
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", HANGS, 0, "no answer in time"},
	{"HTTP/1.1 100 Continue\r\n\r\n", CLOSES, 0, ""},
	{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", CLOSES, 0, "middle of its headers"},
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", CLOSES, 0, ""},
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", RESETS, 0, "Recv failure"},
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", HANGS, 0, "no answer in time"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", CLOSES, 0, ""},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", STAYS, 0, ""},
	{"HTTP/1.1 2000000000 OK\r\n\r\n", STAYS, 0, ""},
	{"SSH-2.0-OpenSSH_9.2\r\n", STAYS, 0, ""},
	{"\x16\x03\x01\x02", CLOSES, 0, ""},
	/* Whole ones, if sparse. */
	{"HTTP/1.1 200 OK\r\n\r\n", CLOSES, 200, ""},
	{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", STAYS, 200, ""},
	{"HTTP/1.1 204 No Content\r\n\r\n", STAYS, 204, ""},
	{"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", STAYS, 204, ""},
	{"HTTP/1.1 200 OK\nContent-Length: 0\n\n", STAYS, 200, ""},
	{"HTTP/1.0 200 OK\r\n\r\nhe", CLOSES, 200, ""},
	{"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", STAYS,
	 301, ""},
};

/* On a connection of its own: none is sent again. */
static void test_broken_answers(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct transfer *t;
		struct client peer;

		transfers_distrust(w->transfers);
		t = post(w);
		peer = next_peer(w);
		expect_post(&peer);
		client_say(&peer, broken[i].answer);
		if (broken[i].then == RESETS)
			client_reset(&peer);
		else if (broken[i].then == CLOSES)
			client_close(&peer);
		else if (broken[i].then == HANGS)
			time_is_over(t);
		wait_until(w->base, w->ended == i + 1);
		if (broken[i].then == STAYS || broken[i].then == HANGS)
			client_close(&peer);
		if (w->last.status != broken[i].status || !strstr(w->error, broken[i].error))
			fail_msg("%s: %u %s", broken[i].answer, w->last.status, w->error);
		assert_int_equal(w->error[0] != 0, w->last.status == 0);
		assert_int_equal(w->last.maybe_taken, w->last.status == 0);
		no_peer(w);
	}
}

/* By the clock, on a connection that nobody accepts. */
static void test_no_answer_in_time(void **state)
{
	struct world *w = *state;

	w->settings.timeout = NS_PER_S / 5;
	post(w);
	wait_until(w->base, w->ended == 1);
	assert_int_equal(w->last.status, 0);
	assert_string_equal(w->error, "no answer in time");
}

/* What never ends is cut, by size and long before the deadline. */
static void never_ends(struct world *w, const char *begin, const char *more)
{
	struct client peer;

	post(w);
	peer = next_peer(w);
	expect_post(&peer);
	client_say(&peer, begin);
	for (unsigned i = 0; i < 100000 && w->ended == 0; i++)
		client_say(&peer, more);
	wait_until(w->base, w->ended == 1);
	client_close(&peer);
}

static void test_endless_body(void **state)
{
	struct world *w = *state;

	never_ends(w, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
		   "and so on and on and on and on and on and on and on and on and on and on");
	assert_int_equal(w->last.status, 200);
	assert_false(w->last.maybe_taken);
	assert_int_equal(w->body_size, TRANSFER_ANSWER_LIMIT);
}

static void test_endless_head(void **state)
{
	struct world *w = *state;

	never_ends(w, "HTTP/1.1 200 OK\r\n",
		   "And-So: on and on and on and on and on and on and on and on and on\r\n");
	assert_int_equal(w->last.status, 0);
	assert_true(w->last.maybe_taken);
	assert_string_not_equal(w->error, "");
}

static void test_endless_line(void **state)
{
	struct world *w = *state;

	never_ends(w, "HTTP/1.1 200 OK\r\nAnd-So: ",
		   "on and on and on and on and on and on and on and on and on and on and on and");
	assert_int_equal(w->last.status, 0);
	assert_string_not_equal(w->error, "");
}

static void test_endless_continue(void **state)
{
	struct world *w = *state;

	never_ends(w, "", "HTTP/1.1 100 Continue\r\n\r\n");
	assert_int_equal(w->last.status, 0);
	assert_string_not_equal(w->error, "");
}

/* ---- No connection ---- */

static void test_nobody_listens(void **state)
{
	struct world *w = *state;

	world_refuses(w);
	post(w);
	wait_until(w->base, w->ended == 1);
	assert_int_equal(w->last.status, 0);
	assert_false(w->last.maybe_taken);
	assert_non_null(strstr(w->error, "connect"));
}

static void test_to_itself(void **state)
{
	struct world *w = *state;

	snprintf(w->url, sizeof w->url, "http://127.0.0.1:%u/v1/traces", OWN_PORT);
	post(w);
	wait_until(w->base, w->ended == 1);
	assert_int_equal(w->last.status, 0);
	assert_non_null(strstr(w->error, "lull itself"));
	transfers_connect(w->transfers, &w->settings);
	event_base_loop(w->base, EVLOOP_NONBLOCK);
}

static void test_a_scheme_that_is_not_http(void **state)
{
	struct world *w = *state;

	snprintf(w->url, sizeof w->url, "file:///etc/passwd");
	post(w);
	wait_until(w->base, w->ended == 1);
	assert_int_equal(w->last.status, 0);
	assert_string_not_equal(w->error, "");
}

/* ---- Cancelling ---- */

static void test_cancel_before_it_went_out(void **state)
{
	struct world *w = *state;

	assert_false(transfer_cancel(post(w)));
}

static void test_cancel_half_way(void **state)
{
	struct world *w = *state;
	struct transfer *t = post_bytes(w, (size_t)64 << 20);
	struct client peer = next_peer(w);

	wait_until(w->base, (client_read(&peer), peer.in.len > 0));
	assert_false(transfer_cancel(t));
	client_close(&peer);
}

static void test_cancel_when_it_is_out(void **state)
{
	struct world *w = *state;
	struct transfer *t = post_bytes(w, (size_t)1 << 20);
	struct client peer = next_peer(w);

	expect_post(&peer);
	assert_true(transfer_cancel(t));
	client_close(&peer);
	assert_int_equal(w->ended, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_answer),
		WORLD_TEST(test_request),
		WORLD_TEST(test_body_as_it_is),
		WORLD_TEST(test_broken_answers),
		WORLD_TEST(test_no_answer_in_time),
		WORLD_TEST(test_endless_body),
		WORLD_TEST(test_endless_head),
		WORLD_TEST(test_endless_line),
		WORLD_TEST(test_endless_continue),
		WORLD_TEST(test_nobody_listens),
		WORLD_TEST(test_to_itself),
		WORLD_TEST(test_a_scheme_that_is_not_http),
		WORLD_TEST(test_cancel_before_it_went_out),
		WORLD_TEST(test_cancel_half_way),
		WORLD_TEST(test_cancel_when_it_is_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
