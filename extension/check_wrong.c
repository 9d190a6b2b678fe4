/* SPDX-License-Identifier: Apache-2.0 */
#include "check_wrong.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "domain/config_env.h"
#include "domain/config_own.h"
#include "domain/config_table.h"
#include "domain/resource.h"

/* ---- Files, headers ---- */

/* A file that is there and can be read; each is said once. */
static unsigned add_file(struct bytes *out, const char *file)
{
	struct bytes line = {0};
	unsigned wrong = 0;

	if (!file || access(file, R_OK) == 0)
		return 0;
	bytes_addf(&line, "wrong: the certificates %s cannot be read: %s\n", file, strerror(errno));
	if (!slice_find(bytes_slice(out), bytes_slice(&line))) {
		bytes_add(out, bytes_slice(&line));
		wrong = 1;
	}
	bytes_free(&line);
	return wrong;
}

static unsigned add_certificates(struct bytes *out, const struct config *config)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < config->destination_count * OTLP_SIGNALS; i++) {
		const struct config_destination *d = &config->destinations[i / OTLP_SIGNALS];
		const struct export_settings *export = &d->export[i % OTLP_SIGNALS];

		wrong += add_file(out, export->certificate);
		wrong += add_file(out, export->client_certificate);
		wrong += add_file(out, export->client_key);
		if (!d->name && export->client_key && !export->client_certificate) {
			bytes_addf(out, "wrong: LULL_CLIENT_KEY is of no use without "
					"LULL_CLIENT_CERTIFICATE\n");
			return wrong + 1;
		}
	}
	return wrong;
}

/* A key for one backend that goes to another. */
static unsigned add_foreign_headers(struct bytes *out, const struct config *config,
				    const char *const *env)
{
	static const struct setting endpoint = {.name = "ENDPOINT", .exported = true};
	static const struct setting headers = {.name = "HEADERS", .exported = true};

	for (unsigned s = 0; !config->destinations[0].name && s < OTLP_SIGNALS; s++) {
		char to[SETTING_NAME], from[SETTING_NAME];
		bool whole;

		if (!setting_find_exported(&endpoint, (enum otlp_signal)s, env, to, &whole) ||
		    !setting_find_exported(&headers, (enum otlp_signal)s, env, from, &whole) ||
		    strncmp(to, "LULL_", 5) != 0 || strncmp(from, "LULL_", 5) == 0)
			continue;
		bytes_addf(out,
			   "wrong: %s goes to the backend of %s: are they of one? Set LULL_HEADERS "
			   "too\n",
			   from, to);
		return 1;
	}
	return 0;
}

static unsigned add_nowhere(struct bytes *out, const struct config *config)
{
	if (config_exports(config) || config_is_off(config))
		return 0;
	bytes_addf(out, "wrong: no backend is set: set LULL_ENDPOINT to its OTLP/HTTP URL\n");
	return 1;
}

/* ---- Ways there that do not lead there ---- */

/* Of a URL: its path, without a query. */
static struct slice path_of(const char *url)
{
	const char *host = config_host(url);
	const char *path = host + strcspn(host, "/?#");

	return slice_of(path, strcspn(path, "?#"));
}

static bool ends_in(struct slice text, const char *end)
{
	size_t len = strlen(end);

	return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

/* The path of one signal in an endpoint that is for all: each gets its own behind it. */
static const char *path_twice(const struct export_settings *export, enum otlp_signal signal)
{
	static const char *const paths[] = {"/v1/traces", "/v1/logs", "/v1/metrics"};
	struct slice path = path_of(export->endpoint);

	if (export->protocol == PROTOCOL_GRPC || export->endpoint_whole ||
	    !ends_in(path, paths[signal]))
		return NULL;
	path.len -= strlen(paths[signal]);
	for (size_t i = 0; i < OTLP_SIGNALS; i++)
		if (ends_in(path, paths[i]))
			return paths[i];
	return NULL;
}

/* The ports of IANA: who means the other protocol gets no answer that can be understood. */
static bool is_other_port(const struct export_settings *export)
{
	return config_port(export->endpoint) == (export->protocol == PROTOCOL_GRPC ? 4318 : 4317);
}

static void name_destination(struct bytes *out, const struct config_destination *d)
{
	bytes_addf(out, "wrong: ");
	if (d->name)
		bytes_addf(out, "destination %s: ", d->name);
}

/* Each thing once for a destination. */
static unsigned add_way(struct bytes *out, const struct config_destination *d)
{
	bool path = false, port = false;

	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		const struct export_settings *export = &d->export[s];
		const char *twice;

		if (!export->endpoint)
			continue;
		twice = path ? NULL : path_twice(export, (enum otlp_signal)s);
		if (twice) {
			name_destination(out, d);
			bytes_addf(
				out,
				"the endpoint ends in %s, and each signal's path is added to it: "
				"leave that out, or set it for that signal alone\n",
				twice);
		}
		path |= twice != NULL;
		if (port || !is_other_port(export))
			continue;
		port = true;
		name_destination(out, d);
		bytes_addf(
			out,
			export->protocol == PROTOCOL_GRPC
				? "port 4318 is that of OTLP/HTTP, and the protocol is grpc: set "
				  "port 4317, or the protocol http/protobuf\n"
				: "port 4317 is that of OTLP/gRPC, and the protocol is HTTP: set "
				  "port 4318, or the protocol grpc\n");
	}
	return path + port;
}

static unsigned add_ways(struct bytes *out, const struct config *config)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < config->destination_count; i++)
		wrong += add_way(out, &config->destinations[i]);
	return wrong;
}

/* ---- In Lambda ---- */

static unsigned add_ports(struct bytes *out, const struct config *config)
{
	if (config->http_port != config->grpc_port)
		return 0;
	bytes_addf(out,
		   "wrong: LULL_HTTP_PORT and LULL_GRPC_PORT are both %u: set one of them to "
		   "another port\n",
		   config->http_port);
	return 1;
}

static unsigned add_spool(struct bytes *out, const struct config *config)
{
	const char *folder = config->spool_folder;

	if (config->spool == 0 || !folder || strncmp(folder, "/tmp/", 5) == 0)
		return 0;
	bytes_addf(
		out,
		"wrong: LULL_SPOOL_FOLDER=%s is not in /tmp, which is all that can be written to "
		"in Lambda, and of one environment alone: set a folder such as /tmp/lull\n",
		folder);
	return 1;
}

static unsigned add_attributes(struct bytes *out, const struct config *config,
			       const char *const *env)
{
	struct resource resource;
	bool ok = resource_init(&resource, config, env);

	resource_free(&resource);
	if (!ok)
		bytes_addf(out, "wrong: OTEL_RESOURCE_ATTRIBUTES cannot be read and is ignored: "
				"write key=value,key=value with %%XX for special characters\n");
	return !ok;
}

/* The function's SDK goes past lull. An image may have the wrapper as its entry point, which cannot
 * be seen here; and what goes past lull is not lost: nothing of that counts as wrong. */
static void add_bypass(struct bytes *out, const char *const *env)
{
	static const char *const names[] = {
		"OTEL_EXPORTER_OTLP_ENDPOINT",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
		"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
	};
	const char *wrapper = config_env(env, "AWS_LAMBDA_EXEC_WRAPPER");

	if (wrapper && strcmp(wrapper, "/opt/lull-wrap") == 0)
		return;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *value = config_env(env, names[i]);

		if (!value || config_is_own(value, (uint16_t)config_port(value)))
			continue;
		bytes_addf(
			out,
			"mind: %s is the backend's, so that the function's SDK sends past lull: "
			"set AWS_LAMBDA_EXEC_WRAPPER=/opt/lull-wrap, unless it is the image's entry "
			"point\n",
			names[i]);
		return;
	}
}

static void add_switched_off(struct bytes *out, const struct config *config)
{
	if (!config->enabled)
		bytes_addf(out, "mind: LULL_ENABLED is false: lull does nothing, and lull-wrap "
				"leaves the function's SDK as it is\n");
}

/* Where that is a password nothing arrives; where it is a path all is well. */
static void add_late_at(struct bytes *out, const struct config *config)
{
	for (unsigned i = 0; i < config->destination_count * OTLP_SIGNALS; i++) {
		const struct config_destination *d = &config->destinations[i / OTLP_SIGNALS];
		const char *endpoint = d->export[i % OTLP_SIGNALS].endpoint;
		const char *host = endpoint ? config_host(endpoint) : "";

		if (!memchr(host, '@', strcspn(host, "?#")))
			continue;
		bytes_addf(out,
			   "mind: %s%s%san @ stands behind the host of the endpoint: a / in a "
			   "password has to be %%2F, and ? %%3F, # %%23\n",
			   d->name ? "destination " : "", d->name ? d->name : "",
			   d->name ? ": " : "");
		return;
	}
}

unsigned check_wrong(const struct config *config, const char *const *environment, struct bytes *out)
{
	unsigned wrong = config->problem_count;

	for (unsigned i = 0; i < config->problem_count; i++)
		bytes_addf(out, "wrong: %s\n", config->problems[i]);
	wrong += add_nowhere(out, config);
	wrong += add_certificates(out, config);
	wrong += add_foreign_headers(out, config, environment);
	wrong += add_ways(out, config);
	wrong += add_ports(out, config);
	wrong += add_spool(out, config);
	wrong += add_attributes(out, config, environment);
	add_bypass(out, environment);
	add_late_at(out, config);
	add_switched_off(out, config);
	return wrong;
}
