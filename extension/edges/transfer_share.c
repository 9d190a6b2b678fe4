/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer_share.h"

#include <string.h>

#include "domain/config_own.h"
#include "edges/timer.h"
#include "edges/transfer_way.h"

/* scheme://host:port of a URL. */
static struct slice origin_of(const char *url)
{
	const char *host = config_authority(url);

	return slice_of(url, (size_t)(host - url) + strcspn(host, "/?#"));
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

bool share_alike(const struct export_settings *a, const struct export_settings *b)
{
	/* What HTTP alone may share, gRPC cannot: it has to be HTTP/2. */
	return (a->protocol == PROTOCOL_GRPC) == (b->protocol == PROTOCOL_GRPC) &&
	       slice_equal(origin_of(a->endpoint), origin_of(b->endpoint)) &&
	       same(a->certificate, b->certificate) &&
	       same(a->client_certificate, b->client_certificate) &&
	       same(a->client_key, b->client_key) && same(a->server_name, b->server_name);
}

bool share_must_wait(const struct transfer *t)
{
	bool tls = endpoint_is_tls(t) || proxy_is_tls(t);

	if (!tls && t->settings->protocol != PROTOCOL_GRPC)
		return false;
	if (tls && !certificates_ready(&t->all->certificates, t->settings->certificate))
		return true;
	if (t->fresh)
		return false;
	for (const struct transfer *u = t->all->first; u; u = u->next)
		if (u != t && !u->waiting && u->attempts == 0 &&
		    share_alike(u->settings, t->settings))
			return true;
	return false;
}

bool share_begin(struct transfer *t)
{
	certificates_apply(&t->all->certificates, t->settings->certificate, t->easy);
	return curl_multi_add_handle(t->all->loop.multi, t->easy) == CURLM_OK;
}

void share_read(struct transfers *all)
{
	timer_in(all->read_on, 0);
}

void share_read_on(evutil_socket_t fd, short what, void *ctx)
{
	struct transfers *all = ctx;

	(void)fd;
	(void)what;
	if (certificates_read_on(&all->certificates))
		share_read(all);
	else
		share_look(all);
}

void share_release(evutil_socket_t fd, short what, void *ctx)
{
	struct transfers *all = ctx;
	struct transfer *t = all->first;

	(void)fd;
	(void)what;
	/* From the one that has waited longest. */
	while (t && t->next)
		t = t->next;
	for (; t; t = t->before) {
		if (!t->waiting || share_must_wait(t))
			continue;
		t->waiting = false;
		/* Where that fails its deadline is what is left. */
		share_begin(t);
	}
}

void share_look(struct transfers *all)
{
	for (struct transfer *t = all->first; t; t = t->next)
		if (t->waiting)
			event_active(all->release, EV_TIMEOUT, 0);
}
