/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/config_own.h"
#include "domain/config_problem.h"
#include "domain/url_shown.h"

/* The port of OTLP/gRPC (IANA; OpenTelemetry specification, "Configuration Options"): who names no
 * protocol with it means that one. */
#define GRPC_PORT 4317

static bool has_scheme(const char *text)
{
	return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
}

/* HOST or HOST:PORT, with a user or without. What is none may have a password whose / or ? was not
 * written as %XX: its first half would be asked for by name, where others hear it. */
static bool is_host(const char *url)
{
	const char *host = config_host(url);
	size_t len = config_host_length(host);
	const char *end = host + len;

	if (*config_authority(url) == ':' || len == 0 || strpbrk(url, " \t\r\n"))
		return false;
	if (*host == '[' && end[-1] != ']')
		return false;
	if (*end == ':')
		end += 1 + strspn(end + 1, "0123456789");
	return strchr("/?#", *end) != NULL;
}

/* HOST:PORT, as gRPC has it. */
static bool is_bare(const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

	return digits > 0 && colon[1 + digits] == '\0' && !strpbrk(text, "/?#");
}

bool config_parse_endpoint(const char *text, bool whole, struct export_settings *settings)
{
	bool scheme = has_scheme(text);
	char *copy;

	if (!is_host(text) || !(scheme || is_bare(text)))
		return false;
	copy = strdup(text);
	if (!copy)
		return false;
	free(settings->endpoint);
	settings->endpoint = copy;
	settings->endpoint_whole = whole;
	return true;
}

bool config_is_proxy(const char *text)
{
	return is_host(text) && url_shown(text) == config_host(text);
}

/* A base URL gets the signal's path added, one for a single signal is taken as it is
 * (OpenTelemetry specification, "Endpoint URLs for OTLP/HTTP"). */
static char *http_url(const char *text, bool whole, enum otlp_signal signal)
{
	/* The path goes before a query. */
	size_t len = strcspn(text, "?#"), path = len;
	char *url;
	int made;

	while (len > 0 && text[len - 1] == '/')
		len--;
	if (whole)
		return strdup(text);
	made = asprintf(&url, "%.*s/v1/%s%s", (int)len, text, otlp_signal_name(signal),
			text + path);
	return made < 0 ? NULL : url;
}

/* Of a URL for gRPC only the origin counts: the path is the method's. */
static char *grpc_url(const char *text, bool insecure, enum otlp_signal signal)
{
	const char *scheme = insecure ? "http://" : "https://";
	const char *host = config_authority(text);
	char *url;
	int made;

	if (has_scheme(text))
		scheme = "";
	made = asprintf(&url, "%s%.*s%s", scheme, (int)((host - text) + (long)strcspn(host, "/?#")),
			text, otlp_method_path(signal));
	return made < 0 ? NULL : url;
}

static void settle(struct config *config, struct export_settings *settings, enum otlp_signal signal)
{
	char *text = settings->endpoint;

	if (settings->protocol == PROTOCOL_BY_PORT)
		settings->protocol = config_port(text) == GRPC_PORT ? PROTOCOL_GRPC
								    : PROTOCOL_HTTP_PROTOBUF;
	if (settings->protocol == PROTOCOL_GRPC)
		settings->endpoint = grpc_url(text, settings->insecure, signal);
	else if (has_scheme(text))
		settings->endpoint = http_url(text, settings->endpoint_whole, signal);
	else
		settings->endpoint = NULL;
	if (!settings->endpoint)
		config_problem(
			config,
			"the endpoint %s cannot be used: write http:// or https:// before it, "
			"or set LULL_PROTOCOL=grpc",
			url_shown(text));
	free(text);
}

void config_endpoints_settle(struct config *config)
{
	for (unsigned i = 0; i < config->destination_count * OTLP_SIGNALS; i++) {
		enum otlp_signal signal = (enum otlp_signal)(i % OTLP_SIGNALS);
		struct export_settings *settings =
			&config->destinations[i / OTLP_SIGNALS].export[signal];

		if (settings->endpoint)
			settle(config, settings, signal);
	}
}
