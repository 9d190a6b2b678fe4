/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer_way.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/config_own.h"

bool endpoint_is_tls(const struct transfer *t)
{
	return strncasecmp(t->settings->endpoint, "https:", 6) == 0;
}

/* All is set, so that curl asks no environment: a proxy is for backends only, and the one that is
 * said to be for HTTP is for HTTP alone. */
static const char *proxy_of(const struct transfer *t)
{
	const struct config *config = t->all->config;

	return endpoint_is_tls(t) ? config->https_proxy : config->http_proxy;
}

bool proxy_is_tls(const struct transfer *t)
{
	const char *proxy = proxy_of(t);

	return proxy && strncasecmp(proxy, "https:", 6) == 0;
}

void proxy_apply(struct transfer *t)
{
	const struct config *config = t->all->config;
	const char *proxy = proxy_of(t);

	curl_easy_setopt(t->easy, CURLOPT_PROXY, proxy ? proxy : "");
	curl_easy_setopt(t->easy, CURLOPT_NOPROXY, config->no_proxy ? config->no_proxy : "");
	/* What a proxy says to CONNECT is none of the backend's answer. */
	curl_easy_setopt(t->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* HTTP/2 without TLS is no request that a proxy could pass on. */
	if (t->settings->protocol == PROTOCOL_GRPC)
		curl_easy_setopt(t->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
}

/* The URL with that name in place of the host; the host's own stays where the connection goes. */
bool server_name_apply(struct transfer *t)
{
	const char *url = t->settings->endpoint, *name = t->settings->server_name;
	const char *host = config_host(url);
	size_t origin = strcspn(host, "/?#"), bare = origin;
	char *named = NULL, *way = NULL;

	if (!name) {
		curl_easy_setopt(t->easy, CURLOPT_URL, url);
		return true;
	}
	while (bare > 0 && host[bare - 1] >= '0' && host[bare - 1] <= '9')
		bare--;
	bare = bare > 0 && host[bare - 1] == ':' ? bare - 1 : origin;
	if (asprintf(&named, "%.*s%s%s", (int)(host - url), url, name, host + bare) < 0)
		named = NULL;
	if (asprintf(&way, "::%.*s:", (int)bare, host) < 0)
		way = NULL;
	if (way)
		t->connect_to = curl_slist_append(NULL, way);
	if (named)
		curl_easy_setopt(t->easy, CURLOPT_URL, named);
	curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
	free(way);
	free(named);
	return named && t->connect_to;
}
