/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that are used again, die, or live through a freeze; what is sent again, and what is
 * then known of it. */
#include "transfer_world.h"

static void test_used_again(void **state)
{
	struct world *w = *state;
	struct client peer = served_peer(w);

	for (unsigned i = 2; i <= 4; i++) {
		post(w);
		expect_post(&peer);
		client_say(&peer, OK_ANSWER);
		wait_until(w->base, w->ended == i);
		assert_int_equal(w->last.status, 200);
		assert_false(w->last.maybe_taken);
	}
	no_peer(w);
	client_close(&peer);
}

static void test_closed_while_idle(void **state)
{
	struct world *w = *state;
	struct client peer = served_peer(w);

	client_close(&peer);
	peer = served_peer(w);
	client_reset(&peer);
	peer = served_peer(w);
	client_close(&peer);
}

/* The connection had been there before: the backend may have closed it before it saw the
 * request. */
static void dies_when_used_again(struct world *w, bool reset)
{
	struct client peer = served_peer(w);

	post(w);
	expect_post(&peer);
	if (reset)
		client_reset(&peer);
	else
		client_close(&peer);
	peer = next_peer(w);
	expect_post(&peer);
	assert_int_equal(w->ended, 1);
	client_say(&peer, OK_ANSWER);
	wait_until(w->base, w->ended == 2);
	assert_int_equal(w->last.status, 200);
	assert_true(w->last.maybe_taken);
	client_close(&peer);
	no_peer(w);
}

static void test_closed_when_used_again(void **state)
{
	dies_when_used_again(*state, false);
}

static void test_reset_when_used_again(void **state)
{
	dies_when_used_again(*state, true);
}

/* Before all of it was sent: nobody can have taken it. */
static void test_reset_half_way(void **state)
{
	struct world *w = *state;
	struct client peer = served_peer(w);

	post_bytes(w, (size_t)64 << 20);
	wait_until(w->base, (client_read(&peer), peer.in.len > 0));
	client_reset(&peer);
	peer = next_peer(w);
	expect_post(&peer);
	client_say(&peer, OK_ANSWER);
	wait_until(w->base, w->ended == 2);
	assert_int_equal(w->last.status, 200);
	assert_false(w->last.maybe_taken);
	client_close(&peer);
}

static void test_sent_again_once(void **state)
{
	struct world *w = *state;
	struct client peer = served_peer(w);

	post(w);
	for (int i = 0; i < 2; i++) {
		expect_post(&peer);
		client_reset(&peer);
		if (i == 0)
			peer = next_peer(w);
	}
	wait_until(w->base, w->ended == 2);
	assert_int_equal(w->last.status, 0);
	assert_true(w->last.maybe_taken);
	no_peer(w);
}

/* Bytes that are no answer keep curl from sending again by itself: what a proxy says that has
 * closed its side. On a connection that is new they are a failure. */
static void test_again_where_no_answer_had_begun(void **state)
{
	struct world *w = *state;
	struct client peer = served_peer(w);

	for (unsigned i = 0; i < 2; i++) {
		if (i == 0)
			post(w);
		expect_post(&peer);
		client_say(&peer, "closed\r\n\r\n");
		client_close(&peer);
		if (i == 0)
			peer = next_peer(w);
	}
	wait_until(w->base, w->ended == 2);
	assert_int_equal(w->last.status, 0);
	assert_true(w->last.maybe_taken);
	no_peer(w);
}

static void test_not_again_where_an_answer_had_begun(void **state)
{
	struct world *w = *state;
	struct client peer = served_peer(w);

	post(w);
	expect_post(&peer);
	client_say(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
	client_reset(&peer);
	wait_until(w->base, w->ended == 2);
	assert_int_equal(w->last.status, 0);
	assert_true(w->last.maybe_taken);
	no_peer(w);
}

/* The backend is there, as its kernel has taken the request: that it hangs is a failure. */
static void test_no_answer_when_used_again(void **state)
{
	struct world *w = *state;
	struct client peer = served_peer(w);
	struct transfer *t = post(w);

	expect_post(&peer);
	time_is_over(t);
	wait_until(w->base, w->ended == 2);
	assert_string_equal(w->error, "no answer in time");
	assert_true(w->last.maybe_taken);
	no_peer(w);
	client_close(&peer);
}

/* ---- A freeze ---- */

static void test_idle_connections_are_distrusted(void **state)
{
	struct world *w = *state;
	struct client old = served_peer(w), peer;

	transfers_distrust(w->transfers);
	peer = served_peer(w);
	client_expect_end(&old);
	client_close(&old);
	/* The new one is trusted. */
	post(w);
	expect_post(&peer);
	client_say(&peer, OK_ANSWER);
	wait_until(w->base, w->ended == 3);
	client_close(&peer);
}

/* What one backend does says nothing of another's connections, idle or wanted. */
static void test_one_backend_is_distrusted(void **state)
{
	struct world *w = *state;
	struct export_settings other = w->settings;
	struct client old = served_peer(w), peer;
	char url[64] = "http://127.0.0.1:9/v1/traces";

	other.endpoint = url;
	transfers_distrust_backend(w->transfers, &other);
	post(w);
	expect_post(&old);
	client_say(&old, OK_ANSWER);
	wait_until(w->base, w->ended == 2);
	no_peer(w);
	/* Its own, by another path. */
	snprintf(url, sizeof url, "%.*s/v1/logs", (int)(strstr(w->url, "/v1/") - w->url), w->url);
	transfers_distrust_backend(w->transfers, &other);
	peer = served_peer(w);
	client_expect_end(&old);
	client_close(&old);
	client_close(&peer);
}

static void test_under_way_and_answered(void **state)
{
	struct world *w = *state;
	struct client old, peer;

	post(w);
	old = next_peer(w);
	expect_post(&old);
	transfers_distrust(w->transfers);
	peer = served_peer(w);
	client_say(&old, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
	wait_until(w->base, w->ended == 2);
	assert_int_equal(w->last.status, 404);
	assert_false(w->last.maybe_taken);
	/* It served its last. */
	client_expect_end(&old);
	client_close(&old);
	client_close(&peer);
}

static void test_under_way_and_fails(void **state)
{
	struct world *w = *state;
	struct client peer;

	post(w);
	peer = next_peer(w);
	expect_post(&peer);
	transfers_distrust(w->transfers);
	client_say(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
	client_reset(&peer);
	peer = next_peer(w);
	expect_post(&peer);
	assert_int_equal(w->ended, 0);
	client_say(&peer, OK_ANSWER);
	wait_until(w->base, w->ended == 1);
	assert_int_equal(w->last.status, 200);
	assert_string_equal(w->body, "ok");
	assert_true(w->last.maybe_taken);
	client_close(&peer);
	no_peer(w);
}

static void test_under_way_and_not_to_be_connected_again(void **state)
{
	struct world *w = *state;
	struct client peer;

	post(w);
	peer = next_peer(w);
	expect_post(&peer);
	world_refuses(w);
	transfers_distrust(w->transfers);
	client_reset(&peer);
	wait_until(w->base, w->ended == 1);
	assert_int_equal(w->last.status, 0);
	assert_true(w->last.maybe_taken);
	assert_non_null(strstr(w->error, "connect"));
}

/* A dead connection gives no sign; then the deadline tells. */
static void test_under_way_until_its_deadline(void **state)
{
	struct world *w = *state;
	struct transfer *t = post(w);
	struct client old, peer;

	old = next_peer(w);
	expect_post(&old);
	transfers_distrust(w->transfers);
	time_is_over(t);
	peer = next_peer(w);
	expect_post(&peer);
	assert_int_equal(w->ended, 0);
	client_say(&peer, OK_ANSWER);
	wait_until(w->base, w->ended == 1);
	assert_int_equal(w->last.status, 200);
	assert_true(w->last.maybe_taken);
	client_close(&old);
	client_close(&peer);
}

/* The deadline has passed when lull runs again, but the answer lies in the socket. */
static void test_answered_during_a_freeze(void **state)
{
	struct world *w = *state;
	struct transfer *t = post(w);
	struct client peer;

	peer = next_peer(w);
	expect_post(&peer);
	client_say(&peer, OK_ANSWER);
	client_delivered(&peer);
	time_was_over(t);
	wait_until(w->base, w->ended == 1);
	assert_int_equal(w->last.status, 200);
	assert_false(w->last.maybe_taken);
	no_peer(w);
	client_close(&peer);
}

/* No transfers_distrust() yet: that comes with the next event, and a deadline may fire before. */
static void test_a_deadline_that_a_freeze_held_up(void **state)
{
	struct world *w = *state;
	struct transfer *t = post(w);
	struct client old, peer;

	old = next_peer(w);
	expect_post(&old);
	time_was_over(t);
	peer = next_peer(w);
	expect_post(&peer);
	client_say(&peer, OK_ANSWER);
	wait_until(w->base, w->ended == 1);
	assert_int_equal(w->last.status, 200);
	assert_true(w->last.maybe_taken);
	client_close(&old);
	client_close(&peer);
}

static void test_cancelled_when_sent_again(void **state)
{
	struct world *w = *state;
	struct client peer;
	struct transfer *t = post(w);

	peer = next_peer(w);
	expect_post(&peer);
	transfers_distrust(w->transfers);
	client_reset(&peer);
	peer = next_peer(w);
	assert_true(transfer_cancel(t));
	client_close(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_used_again),
		WORLD_TEST(test_closed_while_idle),
		WORLD_TEST(test_closed_when_used_again),
		WORLD_TEST(test_reset_when_used_again),
		WORLD_TEST(test_reset_half_way),
		WORLD_TEST(test_sent_again_once),
		WORLD_TEST(test_again_where_no_answer_had_begun),
		WORLD_TEST(test_not_again_where_an_answer_had_begun),
		WORLD_TEST(test_no_answer_when_used_again),
		WORLD_TEST(test_idle_connections_are_distrusted),
		WORLD_TEST(test_one_backend_is_distrusted),
		WORLD_TEST(test_under_way_and_answered),
		WORLD_TEST(test_under_way_and_fails),
		WORLD_TEST(test_under_way_and_not_to_be_connected_again),
		WORLD_TEST(test_under_way_until_its_deadline),
		WORLD_TEST(test_answered_during_a_freeze),
		WORLD_TEST(test_a_deadline_that_a_freeze_held_up),
		WORLD_TEST(test_cancelled_when_sent_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
