/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/now.h"
#include "version.h"

struct transfers {
	struct event_base *base;
	CURLM *multi; /* NULL before the first transfer */
	unsigned active;
	bool awake;
	bool distrust; /* connections from before a freeze may still be in `multi` */
	struct event *timer;
	char *certificates; /* a file or hashed folder; NULL: curl's own idea */
	bool is_folder;
	uint16_t own_port;
	char layer[256];
};

struct transfer {
	struct transfers *all;
	CURL *easy;
	struct curl_slist *headers;
	struct bytes body;
	struct bytes answer;
	struct event *deadline;
	transfer_done *done;
	void *ctx;
	bool to_itself;
	bool counted; /* in all->active */
	char error[CURL_ERROR_SIZE];
};

static void transfer_free(struct transfer *t)
{
	if (t->easy) {
		curl_multi_remove_handle(t->all->multi, t->easy);
		curl_easy_cleanup(t->easy);
	}
	t->all->active -= t->counted;
	curl_slist_free_all(t->headers);
	if (t->deadline)
		event_free(t->deadline);
	bytes_free(&t->body);
	bytes_free(&t->answer);
	free(t);
}

void transfer_cancel(struct transfer *transfer)
{
	transfer_free(transfer);
}

/* ---- curl on libevent ---- */

static void finish(struct transfer *t, const char *error)
{
	struct transfer_result result = {.error = error, .body = bytes_slice(&t->answer)};
	transfer_done *done = t->done;
	void *ctx = t->ctx;
	char *type = NULL;
	long status = 0;

	if (!error) {
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
		result.status = (unsigned)status;
		result.protobuf = type && strncasecmp(type, "application/x-protobuf", 22) == 0;
	}
	/* Off the multi handle first: what is called may start or cancel others. */
	curl_multi_remove_handle(t->all->multi, t->easy);
	done(ctx, &result);
	transfer_free(t);
}

static void finish_all(struct transfers *all)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(all->multi, &left))) {
		CURLcode code = message->data.result;
		struct transfer *t = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
		/* Our own cut of an endless answer. */
		if (t->to_itself)
			finish(t,
			       "the endpoint is lull itself: set LULL_ENDPOINT to the backend's URL");
		else if (code == CURLE_OK ||
			 (code == CURLE_WRITE_ERROR && t->answer.len == TRANSFER_ANSWER_LIMIT))
			finish(t, NULL);
		else
			finish(t, t->error[0] ? t->error : curl_easy_strerror(code));
	}
}

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
	struct transfers *all = ctx;
	int running, flags = 0;

	flags |= what & EV_READ ? CURL_CSELECT_IN : 0;
	flags |= what & EV_WRITE ? CURL_CSELECT_OUT : 0;
	curl_multi_socket_action(all->multi, fd, flags, &running);
	finish_all(all);
}

static void on_curl_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct transfers *all = ctx;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(all->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finish_all(all);
}

static int socket_callback(CURL *easy, curl_socket_t fd, int what, void *ctx, void *of_socket)
{
	struct transfers *all = ctx;
	struct event *event = of_socket;
	short flags = EV_PERSIST;

	(void)easy;
	if (event)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		flags |= (short)(what & CURL_POLL_IN ? EV_READ : 0);
		flags |= (short)(what & CURL_POLL_OUT ? EV_WRITE : 0);
		event = event_new(all->base, fd, flags, on_socket, all);
		if (event)
			event_add(event, NULL);
	}
	curl_multi_assign(all->multi, fd, event);
	return 0;
}

static int timer_callback(CURLM *multi, long ms, void *ctx)
{
	struct transfers *all = ctx;
	struct timeval t = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

	(void)multi;
	if (ms < 0)
		event_del(all->timer);
	else
		event_add(all->timer, &t);
	return 0;
}

/* ---- Setting up ---- */

static void find_certificates(struct transfers *all)
{
	/* The layer's own first: a hashed folder costs a tenth of a bundle (DESIGN, traps). Then
	 * where the common distributions keep them. */
	const char *const places[] = {"/etc/ssl/certs", "/etc/pki/tls/certs/ca-bundle.crt",
				      "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"};
	char own[300];

	snprintf(own, sizeof own, "%s/lull/certs", all->layer);
	if (access(own, R_OK) == 0) {
		all->certificates = strdup(own);
		all->is_folder = true;
		return;
	}
	for (size_t i = 1; i <= sizeof places / sizeof places[0]; i++) {
		const char *place = places[i % (sizeof places / sizeof places[0])];

		if (access(place, R_OK) != 0)
			continue;
		all->certificates = strdup(place);
		all->is_folder = place == places[0];
		return;
	}
}

static bool wake(struct transfers *all)
{
	if (all->multi)
		return true;
	if (!all->awake) {
		if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
			return false;
		find_certificates(all);
		all->awake = true;
	}
	all->multi = curl_multi_init();
	if (!all->multi)
		return false;
	curl_multi_setopt(all->multi, CURLMOPT_SOCKETFUNCTION, socket_callback);
	curl_multi_setopt(all->multi, CURLMOPT_SOCKETDATA, all);
	curl_multi_setopt(all->multi, CURLMOPT_TIMERFUNCTION, timer_callback);
	curl_multi_setopt(all->multi, CURLMOPT_TIMERDATA, all);
	return true;
}

struct transfers *transfers_new(struct event_base *base, const char *layer, uint16_t own_port)
{
	struct transfers *all = calloc(1, sizeof *all);

	if (!all)
		return NULL;
	all->base = base;
	all->own_port = own_port;
	snprintf(all->layer, sizeof all->layer, "%s", layer);
	all->timer = evtimer_new(base, on_curl_timer, all);
	if (!all->timer) {
		free(all);
		return NULL;
	}
	return all;
}

void transfers_free(struct transfers *transfers)
{
	if (!transfers)
		return;
	curl_multi_cleanup(transfers->multi);
	if (transfers->awake)
		curl_global_cleanup();
	event_free(transfers->timer);
	free(transfers->certificates);
	free(transfers);
}

void transfers_distrust(struct transfers *transfers)
{
	transfers->distrust = true;
}

/* With nothing under way all old connections are closed at once; else they are passed by. */
static void forget_connections(struct transfers *all)
{
	if (!all->distrust || all->active > 0)
		return;
	event_del(all->timer);
	curl_multi_cleanup(all->multi);
	all->multi = NULL;
	all->distrust = false;
}

/* ---- One transfer ---- */

static size_t on_answer(char *data, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = size * n, room = TRANSFER_ANSWER_LIMIT - t->answer.len;

	/* An endless body ends here; what counts stood at its start. */
	if (room == 0)
		return 0;
	bytes_append(&t->answer, data, len < room ? len : room);
	return len;
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	finish(ctx, "no answer in time");
}

/* Every export to ourselves would come back as new data, without end. */
static bool is_own(const struct transfers *all, const struct curl_sockaddr *address)
{
	const struct sockaddr_in *v4 = (const void *)&address->addr;
	const struct sockaddr_in6 *v6 = (const void *)&address->addr;

	if (address->family == AF_INET)
		return ntohs(v4->sin_port) == all->own_port &&
		       (ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET ||
			v4->sin_addr.s_addr == htonl(INADDR_ANY));
	return address->family == AF_INET6 && ntohs(v6->sin6_port) == all->own_port &&
	       (IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr) ||
		(IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) &&
		 v6->sin6_addr.s6_addr[12] == IN_LOOPBACKNET));
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = ctx;

	(void)purpose;
	if (is_own(t->all, address)) {
		t->to_itself = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool add_header(struct transfer *t, const char *line)
{
	struct curl_slist *list = curl_slist_append(t->headers, line);

	if (list)
		t->headers = list;
	return list != NULL;
}

static bool set_headers(struct transfer *t, char *const *headers, bool gzip)
{
	/* curl asks for 100-continue on its own and waits a second for it. */
	bool ok = add_header(t, "Expect:") &&
		  add_header(t, "Content-Type: application/x-protobuf") &&
		  (!gzip || add_header(t, "Content-Encoding: gzip"));

	for (; ok && headers && *headers; headers++)
		ok = add_header(t, *headers);
	return ok;
}

static void set_options(struct transfer *t, const struct export_settings *settings)
{
	CURL *e = t->easy;

	curl_easy_setopt(e, CURLOPT_URL, settings->endpoint);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_USERAGENT, "lull/" LULL_VERSION);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.len);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, (const char *)t->body.data);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, t->all->distrust ? 1L : 0L);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
	if (settings->certificate) {
		curl_easy_setopt(e, CURLOPT_CAINFO, settings->certificate);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	} else if (t->all->certificates) {
		bool folder = t->all->is_folder;

		curl_easy_setopt(e, CURLOPT_CAINFO, folder ? NULL : t->all->certificates);
		curl_easy_setopt(e, CURLOPT_CAPATH, folder ? t->all->certificates : NULL);
	}
}

/* Our own time-out and none of curl's: after a freeze those fire although the answer lies in the
 * socket. */
static bool set_deadline(struct transfer *t, int64_t timeout)
{
	struct timeval at = {.tv_sec = timeout / NS_PER_S, .tv_usec = timeout % NS_PER_S / 1000};

	t->deadline = evtimer_new(t->all->base, on_deadline, t);
	return t->deadline && event_add(t->deadline, &at) == 0;
}

struct transfer *transfer_start(struct transfers *transfers, const struct export_settings *settings,
				struct bytes *body, bool gzip, transfer_done *done, void *ctx)
{
	struct transfer *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->all = transfers;
	t->done = done;
	t->ctx = ctx;
	t->body = bytes_move(body);
	forget_connections(transfers);
	if (!wake(transfers) || !set_headers(t, settings->headers, gzip) ||
	    !(t->easy = curl_easy_init()) || !set_deadline(t, settings->timeout))
		goto fail;
	set_options(t, settings);
	t->counted = true;
	transfers->active++;
	if (curl_multi_add_handle(transfers->multi, t->easy) == CURLM_OK)
		return t;
fail:
	transfer_free(t);
	return NULL;
}
