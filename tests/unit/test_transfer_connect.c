/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting ahead, and several that need a connection at once. */
#include "transfer_world.h"

/* ---- Ahead ---- */

static void expect_options(struct client *peer)
{
	struct bytes request = request_of(peer);

	assert_true(slice_starts(bytes_slice(&request), "OPTIONS /v1/traces HTTP/1.1\r\n"));
	assert_null(strstr(bytes_cstr(&request), "Api-Key"));
	assert_null(strstr(bytes_cstr(&request), "Content-"));
	bytes_free(&request);
}

static void test_connected_ahead(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 405 No\r\nContent-Length: 6\r\n\r\nno way",
		"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
		"HTTP/1.1 204 Yes\r\nAllow: POST\r\n\r\n",
	};
	struct world *w = *state;
	char secret[] = "Api-Key: s", *headers[] = {secret, NULL};

	w->settings.headers = headers;
	for (unsigned i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct client peer;

		transfers_connect(w->transfers, &w->settings);
		peer = next_peer(w);
		expect_options(&peer);
		client_say(&peer, answers[i]);
		/* It is read, as a request that came before would not get this connection. */
		wait_until(w->base, !w->transfers->first);
		post(w);
		expect_post(&peer);
		client_say(&peer, OK_ANSWER);
		wait_until(w->base, w->ended == i + 1);
		no_peer(w);
		transfers_distrust(w->transfers);
		client_expect_end(&peer);
		client_close(&peer);
	}
}

static void test_one_connection_for_all_of_a_host(void **state)
{
	struct world *w = *state;
	struct export_settings logs = w->settings, none = w->settings;
	char url[80];
	struct client peer;

	snprintf(url, sizeof url, "%.*s/v1/logs", (int)(strstr(w->url, "/v1") - w->url), w->url);
	logs.endpoint = url;
	none.endpoint = NULL;
	transfers_connect(w->transfers, &w->settings);
	transfers_connect(w->transfers, &logs);
	transfers_connect(w->transfers, &none);
	peer = next_peer(w);
	expect_options(&peer);
	no_peer(w);
	transfers_end_connecting(w->transfers);
	client_expect_end(&peer);
	client_close(&peer);
	assert_int_equal(w->ended, 0);
}

static void test_connecting_ahead_fails(void **state)
{
	struct world *w = *state;
	struct client peer;

	transfers_connect(w->transfers, &w->settings);
	peer = next_peer(w);
	expect_options(&peer);
	client_reset(&peer);
	peer = served_peer(w);
	client_close(&peer);
	assert_int_equal(w->ended, 1);
	transfers_end_connecting(w->transfers);
	no_peer(w);
}

/* ---- At once ---- */

/* One that has begun a TLS handshake, as far as that goes here. */
static struct client next_handshake(struct world *w)
{
	struct client peer = next_peer(w);

	wait_until(w->base, (client_read(&peer), peer.in.len > 0));
	assert_int_equal(peer.in.data[0], 0x16);
	return peer;
}

static void turn_often(struct world *w)
{
	for (int turn = 0; turn < 50; turn++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
}

/* Over TLS: what the first one learns makes the others' handshakes cheap, or spares them. */
static void test_one_handshake_at_a_time(void **state)
{
	struct world *w = *state;
	char url[80];
	struct transfer *second, *third;
	struct client peer;

	snprintf(url, sizeof url, "https%s", w->url + 4);
	w->settings.endpoint = url;
	post(w);
	second = post(w);
	third = post(w);
	peer = next_handshake(w);
	turn_often(w);
	no_peer(w);
	/* The next one's turn, when the first has failed or is gone. */
	client_reset(&peer);
	wait_until(w->base, w->ended == 1);
	assert_int_equal(w->last.status, 0);
	assert_false(w->last.maybe_taken);
	peer = next_handshake(w);
	turn_often(w);
	no_peer(w);
	/* Which of the two it is, is not said. */
	assert_false(transfer_cancel(second));
	turn_often(w);
	assert_false(transfer_cancel(third));
	client_close(&peer);
	assert_int_equal(w->ended, 1);
}

static void test_waiting_has_its_deadline(void **state)
{
	struct world *w = *state;
	char url[80];
	struct transfer *first, *waits;
	struct client peer;

	snprintf(url, sizeof url, "https%s", w->url + 4);
	w->settings.endpoint = url;
	first = post(w);
	waits = post(w);
	peer = next_handshake(w);
	time_is_over(waits);
	wait_until(w->base, w->ended == 1);
	assert_string_equal(w->error, "no answer in time");
	time_is_over(first);
	wait_until(w->base, w->ended == 2);
	assert_string_equal(w->error, "no answer in time");
	assert_false(w->last.maybe_taken);
	client_close(&peer);
}

static void test_plain_ones_do_not_wait(void **state)
{
	struct world *w = *state;
	struct client first, second;

	post(w);
	post(w);
	first = next_peer(w);
	second = next_peer(w);
	expect_post(&second);
	client_say(&second, OK_ANSWER);
	wait_until(w->base, w->ended == 1);
	expect_post(&first);
	client_say(&first, OK_ANSWER);
	wait_until(w->base, w->ended == 2);
	client_close(&first);
	client_close(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_connected_ahead),
		WORLD_TEST(test_one_connection_for_all_of_a_host),
		WORLD_TEST(test_connecting_ahead_fails),
		WORLD_TEST(test_one_handshake_at_a_time),
		WORLD_TEST(test_waiting_has_its_deadline),
		WORLD_TEST(test_plain_ones_do_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
