/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer_request.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/now.h"
#include "edges/timer.h"
#include "edges/transfer_share.h"
#include "edges/transfer_socket.h"
#include "edges/transfer_way.h"
#include "version.h"

/* A deadline that fires so much too late was held up by a freeze. */
#define FROZEN (NS_PER_S / 2)

/* What has come in by then is read in later turns of the loop; so many of so long at most. */
#define GRACE_TURNS 50
#define GRACE_TURN (2 * NS_PER_MS)

/* ---- What curl tells in between ---- */

static size_t on_head(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;

	/* curl takes a head that was cut off for a whole one. A status line starts another one
	 * after 100 to 199; behind the last there may be trailers, without an end of their own. */
	if (size * n >= 5 && memcmp(data, "HTTP/", 5) == 0)
		t->heads_end = false;
	else if (size * n <= 2 && (data[0] == '\r' || data[0] == '\n'))
		t->heads_end = true;
	return size * n;
}

static size_t on_answer(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = size * n, room = TRANSFER_ANSWER_LIMIT - t->answer.len;

	bytes_append(&t->answer, data, len < room ? len : room);
	t->answer_len += len;
	/* An endless body ends here. */
	return t->all->too_long(t) ? 0 : len;
}

/* Told after each step, and once more when curl gives an attempt up. */
static int on_progress(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
		       curl_off_t up)
{
	struct transfer *t = ctx;

	(void)down_all;
	(void)down;
	(void)up_all;
	if (t->body.len > 0 && (uint64_t)up >= t->body.len)
		t->gone_out = true;
	return 0;
}

static bool set_deadline(struct transfer *t, int64_t timeout)
{
	t->due = now_read().mono + timeout;
	t->grace = 0;
	return timer_in(t->deadline, timeout);
}

static void begin_attempt(struct transfer *t)
{
	t->maybe_taken |= t->gone_out;
	t->gone_out = false;
	t->heads_end = false;
	t->answer.len = 0;
	t->answer_len = 0;
}

/* A connection is there, and the request is about to go out. More than once without our doing:
 * curl sends again by itself where a connection that it reused had been closed. */
static int on_connected(void *ctx, char *peer, char *here, int peer_port, int own_port)
{
	struct transfer *t = ctx;

	(void)peer;
	(void)here;
	(void)peer_port;
	(void)own_port;
	if (t->attempts++ > 0)
		begin_attempt(t);
	if (t->attempts == 2 && t->done)
		set_deadline(t, t->settings->timeout);
	share_look(t->all);
	return CURL_PREREQFUNC_OK;
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = ctx;
	curl_socket_t fd;

	(void)purpose;
	t->to_itself = transfer_socket_is_own(address, t->all->config->http_port) ||
		       transfer_socket_is_own(address, t->all->config->grpc_port);
	if (t->to_itself)
		return CURL_SOCKET_BAD;
	fd = transfer_socket_open(address, t->settings->timeout);
	if (fd != CURL_SOCKET_BAD && !transfer_loop_opened(&t->all->loop, fd, t->settings)) {
		transfer_loop_close(&t->all->loop, fd);
		return CURL_SOCKET_BAD;
	}
	return fd;
}

/* After a freeze the timer fires although the answer may lie in the socket: that is read first. */
static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
	struct transfer *t = ctx;
	bool first = t->grace == 0;

	(void)fd;
	(void)what;
	if (first && now_read().mono - t->due > FROZEN)
		t->again = true;
	if (t->grace++ < GRACE_TURNS &&
	    ((first && t->again) || transfer_loop_readable(&t->all->loop)) &&
	    timer_in(t->deadline, GRACE_TURN))
		return;
	t->all->out_of_time(t);
}

/* ---- One request ---- */

/* gRPC is HTTP/2 and nothing else. TLS offers no other by ALPN then: HTTP/1.1 would be what many
 * balancers choose, and what they answer to gRPC in it means nothing. */
static void set_version(const struct transfer *t)
{
	if (t->settings->protocol == PROTOCOL_GRPC)
		curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION,
				 (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
}

static bool set_options(struct transfer *t)
{
	CURL *e = t->easy;

	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_USERAGENT, "lull/" LULL_VERSION);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
	/* Ours are the time-outs, and none of curl's: it asks for the time before it asks the
	 * socket. This one cannot be turned off. */
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)INT_MAX);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, transfer_loop_close);
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, &t->all->loop);
	curl_easy_setopt(e, CURLOPT_SSLCERT, t->settings->client_certificate);
	curl_easy_setopt(e, CURLOPT_SSLKEY, t->settings->client_key);
	proxy_apply(t);
	set_version(t);
	return server_name_apply(t);
}

struct transfer *request_new(struct transfers *all, const struct export_settings *settings)
{
	struct transfer *t;

	if (!transfer_loop_wake(&all->loop) || !(t = calloc(1, sizeof *t)))
		return NULL;
	if (!all->certificates_sought) {
		all->certificates = certificates_find(all->layer);
		all->certificates_sought = true;
	}
	t->all = all;
	t->settings = settings;
	t->easy = all->spare ? all->spare : curl_easy_init();
	all->spare = NULL;
	t->deadline = evtimer_new(all->loop.base, on_deadline, t);
	t->next = all->first;
	if (t->next)
		t->next->before = t;
	all->first = t;
	if (!t->easy || !t->deadline || !set_options(t)) {
		request_free(t);
		return NULL;
	}
	return t;
}

bool request_send(struct transfer *t, int64_t timeout)
{
	const struct transfer_some alike = {t->settings, share_alike};

	if (!set_deadline(t, timeout))
		return false;
	t->fresh |= transfer_loop_has_distrusted(&t->all->loop, &alike);
	curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, t->fresh ? 1L : 0L);
	t->waiting = share_must_wait(t);
	if (!t->waiting)
		return share_begin(t);
	share_read(t->all);
	return true;
}

bool request_maybe_taken(const struct transfer *t)
{
	return t->maybe_taken || t->gone_out;
}

/* Was that the fault of a connection that was there before? Not where an answer had begun. */
static bool reused_a_dead_one(const struct transfer *t)
{
	long made = 0, status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &made);
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return !t->fresh && t->attempts == 1 && made == 0 && status == 0;
}

bool request_send_again(struct transfer *t, bool timed_out)
{
	bool excused = t->again || (!timed_out && reused_a_dead_one(t));

	if (!excused || !t->done || t->to_itself)
		return false;
	curl_multi_remove_handle(t->all->loop.multi, t->easy);
	begin_attempt(t);
	t->attempts = 0;
	t->again = false;
	t->fresh = true;
	t->error[0] = 0;
	return request_send(t, t->settings->timeout);
}

void request_free(struct transfer *t)
{
	struct transfers *all = t->all;

	if (t->next)
		t->next->before = t->before;
	*(t->before ? &t->before->next : &all->first) = t->next;
	share_look(all);
	if (t->easy) {
		curl_multi_remove_handle(all->loop.multi, t->easy);
		curl_easy_reset(t->easy);
		if (all->spare)
			curl_easy_cleanup(t->easy);
		else
			all->spare = t->easy;
	}
	if (t->deadline)
		event_free(t->deadline);
	curl_slist_free_all(t->headers);
	curl_slist_free_all(t->connect_to);
	bytes_free(&t->body);
	bytes_free(&t->answer);
	free(t);
}
