/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer_loop.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edges/timer.h"

/* What curl keeps for later. Three signals with a backend each, and room for some being
 * replaced. */
#define CONNECTIONS_KEPT 8L

struct transfer_connection {
	struct transfer_connection *next;
	curl_socket_t fd;
	const struct export_settings *of; /* whose it is */
	bool busy;                        /* curl waits for it: a request is under way */
	bool distrusted;
};

/* ---- Connections ---- */

static struct transfer_connection **find(struct transfer_loop *loop, curl_socket_t fd)
{
	struct transfer_connection **at = &loop->connections;

	while (*at && (*at)->fd != fd)
		at = &(*at)->next;
	return at;
}

bool transfer_loop_opened(struct transfer_loop *loop, curl_socket_t fd,
			  const struct export_settings *of)
{
	struct transfer_connection *c = calloc(1, sizeof *c);

	if (!c)
		return false;
	c->fd = fd;
	c->of = of;
	c->next = loop->connections;
	loop->connections = c;
	return true;
}

int transfer_loop_close(void *loop, curl_socket_t fd)
{
	struct transfer_connection **at = find(loop, fd), *c = *at;

	if (c) {
		*at = c->next;
		free(c);
	}
	return close(fd);
}

/* curl looks whether an idle connection still stands before it uses it, and then finds its end.
 * There is no other way to make it drop one, but to give up the whole multi handle, and with it the
 * names, TLS sessions and parsed certificates that make the next connection cheap. */
static void end_if_idle(const struct transfer_connection *c)
{
	if (c->distrusted && !c->busy)
		shutdown(c->fd, SHUT_RDWR);
}

static bool is_one(const struct transfer_connection *c, const struct transfer_some *some)
{
	return !some || some->alike(c->of, some->of);
}

void transfer_loop_distrust(struct transfer_loop *loop, const struct transfer_some *some)
{
	for (struct transfer_connection *c = loop->connections; c; c = c->next) {
		if (!is_one(c, some))
			continue;
		c->distrusted = true;
		end_if_idle(c);
	}
}

bool transfer_loop_has_distrusted(const struct transfer_loop *loop,
				  const struct transfer_some *some)
{
	for (const struct transfer_connection *c = loop->connections; c; c = c->next)
		if (c->distrusted && c->busy && is_one(c, some))
			return true;
	return false;
}

bool transfer_loop_readable(const struct transfer_loop *loop)
{
	for (const struct transfer_connection *c = loop->connections; c; c = c->next) {
		struct pollfd p = {.fd = c->fd, .events = POLLIN};

		if (c->busy && poll(&p, 1, 0) > 0)
			return true;
	}
	return false;
}

/* ---- curl on libevent ---- */

static void tell_ended(struct transfer_loop *loop)
{
	CURLMsg *message;
	int left;

	/* What is told may take others away, or send again: the message is gone then. */
	while ((message = curl_multi_info_read(loop->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			loop->ended(message->easy_handle, message->data.result);
}

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
	struct transfer_loop *loop = ctx;
	int running, flags = 0;

	flags |= what & EV_READ ? CURL_CSELECT_IN : 0;
	flags |= what & EV_WRITE ? CURL_CSELECT_OUT : 0;
	curl_multi_socket_action(loop->multi, fd, flags, &running);
	tell_ended(loop);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct transfer_loop *loop = ctx;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	tell_ended(loop);
}

static int socket_callback(CURL *easy, curl_socket_t fd, int what, void *ctx, void *of_socket)
{
	struct transfer_loop *loop = ctx;
	struct transfer_connection *c = *find(loop, fd); /* NULL: c-ares' own */
	struct event *event = of_socket;
	short flags = EV_PERSIST;

	(void)easy;
	if (event)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		flags |= (short)(what & CURL_POLL_IN ? EV_READ : 0);
		flags |= (short)(what & CURL_POLL_OUT ? EV_WRITE : 0);
		event = event_new(loop->base, fd, flags, on_socket, loop);
		if (event)
			event_add(event, NULL);
	}
	curl_multi_assign(loop->multi, fd, event);
	if (c) {
		c->busy = what != CURL_POLL_REMOVE;
		end_if_idle(c);
	}
	return 0;
}

static int timer_callback(CURLM *multi, long ms, void *ctx)
{
	struct transfer_loop *loop = ctx;

	(void)multi;
	if (ms < 0)
		event_del(loop->timer);
	else
		timer_in(loop->timer, ms * NS_PER_MS);
	return 0;
}

bool transfer_loop_init(struct transfer_loop *loop, struct event_base *base,
			void (*ended)(CURL *easy, CURLcode code))
{
	*loop = (struct transfer_loop){.base = base, .ended = ended};
	loop->timer = evtimer_new(base, on_timer, loop);
	return loop->timer != NULL;
}

void transfer_loop_free(struct transfer_loop *loop)
{
	if (loop->multi) {
		curl_multi_cleanup(loop->multi);
		curl_global_cleanup();
	}
	if (loop->timer)
		event_free(loop->timer);
}

bool transfer_loop_wake(struct transfer_loop *loop)
{
	if (loop->multi)
		return true;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return false;
	loop->multi = curl_multi_init();
	if (!loop->multi) {
		curl_global_cleanup();
		return false;
	}
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, socket_callback);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, timer_callback);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	return true;
}
