/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/config_lists.h"
#include "domain/config_names.h"
#include "domain/config_values.h"

/* ---- The table ---- */

enum type {
	T_BOOL,
	T_STRING,
	T_ENDPOINT,
	T_HEADERS,
	T_DURATION,
	T_FLUSH,
	T_SIZE,
	T_SIZE_OR_OFF,
	T_PORT,
	T_LEVEL,
	T_COMPRESSION
};

struct setting {
	const char *name; /* behind LULL_, or the whole name where it is another's */
	enum type type;
	bool exported; /* part of struct export_settings, for all signals or for one */
	const char *def;
	size_t offset;
	const char *help;
};

/* Outside of a flush data is exported when it is this old, unless LULL_FLUSH says otherwise. */
#define FLUSH_AGE INT64_C(1000000000)

#define OF(field) offsetof(struct config, field)
#define OF_EXPORT(field) offsetof(struct export_settings, field)

static const struct setting table[] = {
	{"ENABLED", T_BOOL, false, "true", OF(enabled),
	 "false: lull does nothing at all but keep Lambda content"},
	{"ENDPOINT", T_ENDPOINT, true, NULL, OF_EXPORT(endpoint),
	 "the OTLP/HTTP backend, such as https://otlp.example.com; /v1/traces and so on is added"},
	{"HEADERS", T_HEADERS, true, NULL, OF_EXPORT(headers),
	 "headers for it: key=value,key=value, with %XX decoded"},
	{"TIMEOUT", T_DURATION, true, "10s", OF_EXPORT(timeout),
	 "how long one request may take: 500ms, 10s; a bare number is milliseconds"},
	{"COMPRESSION", T_COMPRESSION, true, "gzip", OF_EXPORT(compression), "gzip or none"},
	{"CERTIFICATE", T_STRING, true, NULL, OF_EXPORT(certificate),
	 "file of CA certificates (PEM) to trust instead of the public ones"},
	{"FLUSH", T_FLUSH, false, "adaptive", OF(flush),
	 "when to export: adaptive, end (after each handler), lazy (during later invocations), or "
	 "a duration such as 5s (lazy, with that as the age)"},
	{"FLUSH_BUDGET", T_DURATION, false, "300ms", OF(flush_budget),
	 "how long an invocation may be held after its handler for the export"},
	{"FLUSH_BEFORE_DEADLINE", T_DURATION, false, "200ms", OF(flush_before_deadline),
	 "so long before its deadline the data of a running invocation is exported"},
	{"BUFFER", T_SIZE, false, NULL, OF(buffer),
	 "memory for data not yet exported, bodies half received included: bytes, KB or MB; else a "
	 "sixteenth of the function's memory, 4MB to 64MB; beyond it the oldest goes to the spool"},
	{"SPOOL", T_SIZE_OR_OFF, false, "16MB", OF(spool),
	 "disk for what does not fit into memory; 0 or off: none; beyond it the oldest goes"},
	{"SPOOL_FOLDER", T_STRING, false, "/tmp/lull", OF(spool_folder),
	 "where: a folder of this environment alone"},
	{"SELF_METRICS", T_BOOL, false, "false", OF(self_metrics),
	 "true: lull exports its books (lull.items.received and so on) as metrics"},
	{"HTTP_PORT", T_PORT, false, "4318", OF(http_port),
	 "the port on localhost that takes OTLP/HTTP"},
	{"GRPC_PORT", T_PORT, false, "4317", OF(grpc_port),
	 "the port on localhost that takes OTLP/gRPC"},
	{"LOG_LEVEL", T_LEVEL, false, "info", OF(log_level), "error, warn, info or debug"},
	{"OTEL_SERVICE_NAME", T_STRING, false, NULL, OF(service_name),
	 "service.name where the sender gave none; else the function's name"},
	{"OTEL_RESOURCE_ATTRIBUTES", T_STRING, false, NULL, OF(resource_attributes),
	 "resource attributes where the sender gave none: key=value,key=value"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_foreign(const struct setting *s)
{
	return strncmp(s->name, "OTEL_", 5) == 0;
}

/* ---- Values ---- */

static void problem(struct config *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void problem(struct config *c, const char *fmt, ...)
{
	va_list ap;
	char *text;
	bool said;

	va_start(ap, fmt);
	said = vasprintf(&text, fmt, ap) < 0;
	va_end(ap);
	if (said)
		return;
	/* What is wrong for all signals comes up for each, and is said once. */
	for (unsigned i = 0; i < c->problem_count; i++)
		said |= strcmp(c->problems[i], text) == 0;
	if (said || c->problem_count == CONFIG_PROBLEMS)
		free(text);
	else
		c->problems[c->problem_count++] = text;
}

static bool parse_level(const char *text, enum log_level *value)
{
	static const char *const words[] = {"error", "warn", "info", "debug"};
	unsigned i;

	if (!config_parse_word(text, words, COUNT(words), &i))
		return false;
	*value = (enum log_level)i;
	return true;
}

static bool parse_compression(const char *text, enum compression *value)
{
	static const char *const words[] = {"gzip", "none"};
	unsigned i;

	if (!config_parse_word(text, words, COUNT(words), &i))
		return false;
	*value = (enum compression)i;
	return true;
}

static bool parse_flush(const char *text, struct flush_setting *value)
{
	static const char *const words[] = {"adaptive", "end", "lazy"};
	unsigned i;

	if (config_parse_word(text, words, COUNT(words), &i)) {
		*value = (struct flush_setting){(enum flush_mode)i, FLUSH_AGE};
		return true;
	}
	if (!config_parse_duration(text, &value->age))
		return false;
	value->mode = FLUSH_LAZY;
	return true;
}

static bool parse_size_or_off(const char *text, size_t *value)
{
	static const char *const words[] = {"0", "off", "false", "no", "none"};
	unsigned i;

	if (!config_parse_word(text, words, COUNT(words), &i))
		return config_parse_size(text, value);
	*value = 0;
	return true;
}

/* ---- Endpoints ---- */

static bool is_url(const char *text)
{
	const char *host = strstr(text, "://");

	return host &&
	       (strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0) &&
	       host[3] != '\0' && host[3] != '/' && host[3] != ':' && !strpbrk(text, " \t\r\n");
}

/* A base URL gets the signal's path added, one for a single signal is taken as it is
 * (OpenTelemetry specification, "Endpoint URLs for OTLP/HTTP"). */
static bool parse_endpoint(const char *text, bool whole, enum otlp_signal signal, char **value)
{
	size_t len = strlen(text);
	char *url;

	if (!is_url(text))
		return false;
	while (!whole && len > 0 && text[len - 1] == '/')
		len--;
	if (asprintf(&url, "%.*s%s%s", (int)len, text, whole ? "" : "/v1/",
		     whole ? "" : otlp_signal_name(signal)) < 0)
		return false;
	free(*value);
	*value = url;
	return true;
}

/* ---- Reading ---- */

const char *config_env(const char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return (*environment)[len + 1] ? *environment + len + 1 : NULL;
	return NULL;
}

static bool parse_string(const char *text, char **value)
{
	char *copy = strdup(text);

	if (!copy)
		return false;
	free(*value);
	*value = copy;
	return true;
}

struct target {
	void *at;
	enum otlp_signal signal; /* for endpoints */
	bool whole;              /* said for this signal alone */
};

static bool parse(enum type type, const char *text, const struct target *to)
{
	switch (type) {
	case T_BOOL:
		return config_parse_bool(text, to->at);
	case T_STRING:
		return parse_string(text, to->at);
	case T_ENDPOINT:
		return parse_endpoint(text, to->whole, to->signal, to->at);
	case T_HEADERS:
		return config_parse_headers(text, to->at);
	case T_DURATION:
		return config_parse_duration(text, to->at);
	case T_FLUSH:
		return parse_flush(text, to->at);
	case T_SIZE:
		return config_parse_size(text, to->at);
	case T_SIZE_OR_OFF:
		return parse_size_or_off(text, to->at);
	case T_PORT:
		return config_parse_port(text, to->at);
	case T_LEVEL:
		return parse_level(text, to->at);
	case T_COMPRESSION:
		return parse_compression(text, to->at);
	}
	return false;
}

static const char *wanted(enum type type)
{
	static const char *const words[] = {
		[T_BOOL] = "write true or false",
		[T_STRING] = "write a text",
		[T_ENDPOINT] = "write a URL such as https://otlp.example.com:4318",
		[T_HEADERS] = "write key=value,key=value with %XX for special characters",
		[T_DURATION] = "write a duration such as 500ms or 10s",
		[T_FLUSH] = "write adaptive, end, lazy or a duration such as 5s",
		[T_SIZE] = "write a size such as 16MB",
		[T_SIZE_OR_OFF] = "write a size such as 16MB, or off",
		[T_PORT] = "write a port from 1 to 65535",
		[T_LEVEL] = "write error, warn, info or debug",
		[T_COMPRESSION] = "write gzip or none",
	};

	return words[type];
}

static void refuse(struct config *c, const struct setting *s, const char *name, const char *value)
{
	/* Headers hold secrets, and so does a URL with a password: never in a log line. */
	if (s->type == T_HEADERS || (s->type == T_ENDPOINT && strchr(value, '@')))
		problem(c, "%s cannot be read: %s; it is ignored", name, wanted(s->type));
	else
		problem(c, "%s=%s cannot be used: %s; %s%s", name, value, wanted(s->type),
			s->def ? "the default holds: " : "it is ignored", s->def ? s->def : "");
}

/* The first of the four names that is set: LULL_ before OTEL_, one signal before all. */
static const char *find_exported(const struct setting *s, enum otlp_signal signal,
				 const char *const *env, char name[static 64], bool *whole)
{
	static const char *const prefixes[] = {"LULL_", "OTEL_EXPORTER_OTLP_"};
	static const char *const signals[] = {"TRACES_", "LOGS_", "METRICS_"};

	for (size_t i = 0; i < COUNT(prefixes); i++) {
		for (int one = 1; one >= 0; one--) {
			const char *value;

			snprintf(name, 64, "%s%s%s", prefixes[i], one ? signals[signal] : "",
				 s->name);
			value = config_env(env, name);
			if (value) {
				*whole = one;
				return value;
			}
		}
	}
	return NULL;
}

static void read_exported(struct config *c, const struct setting *s, enum otlp_signal signal,
			  const char *const *env)
{
	struct target to = {(char *)&c->export[signal] + s->offset, signal, false};
	char name[64];
	const char *value;

	if (s->def)
		parse(s->type, s->def, &to);
	value = find_exported(s, signal, env, name, &to.whole);
	if (value && !parse(s->type, value, &to))
		refuse(c, s, name, value);
}

static void read_plain(struct config *c, const struct setting *s, const char *const *env)
{
	struct target to = {.at = (char *)c + s->offset};
	char name[64];
	const char *value;

	if (s->def)
		parse(s->type, s->def, &to);
	snprintf(name, sizeof name, "%s%s", is_foreign(s) ? "" : "LULL_", s->name);
	value = config_env(env, name);
	if (value && !parse(s->type, value, &to))
		refuse(c, s, name, value);
}

/* ---- Names that are none ---- */

/* The names of a setting, one after the other; false behind the last. */
static bool name_of(const struct setting *s, unsigned which, char name[static 64])
{
	static const char *const signals[] = {"", "TRACES_", "LOGS_", "METRICS_"};

	if (which >= (s->exported ? COUNT(signals) : 1) || is_foreign(s))
		return false;
	snprintf(name, 64, "LULL_%s%s", signals[which], s->name);
	return true;
}

static bool is_known(struct slice name)
{
	char ours[64];

	for (size_t i = 0; i < COUNT(table); i++)
		for (unsigned k = 0; name_of(&table[i], k, ours); k++)
			if (slice_is(name, ours))
				return true;
	/* That one is lull-wrap's, which is a process of its own. */
	return slice_is(name, "LULL_WRAP_NEXT");
}

static void find_nearest(struct slice name, char nearest[static 64])
{
	unsigned least = UINT_MAX;
	char ours[64];

	for (size_t i = 0; i < COUNT(table); i++) {
		for (unsigned k = 0; name_of(&table[i], k, ours); k++) {
			unsigned distance = config_distance(name, slice_str(ours));

			if (distance >= least)
				continue;
			least = distance;
			memcpy(nearest, ours, sizeof ours);
		}
	}
}

/* A misspelt setting is silent otherwise, and its default looks like a bug. */
static void name_unknown(struct config *c, const char *const *environment)
{
	char nearest[64];

	for (; *environment; environment++) {
		struct slice name = slice_of(*environment, strcspn(*environment, "="));

		if (strncmp(*environment, "LULL_", 5) != 0 || is_known(name))
			continue;
		find_nearest(name, nearest);
		problem(c, "%.*s is no setting of lull: is %s meant? (lull --help lists them)",
			(int)(name.len < 64 ? name.len : 64), *environment, nearest);
	}
}

/* ---- lull's own address ---- */

/* Where the host of a URL starts: behind "//", and behind the user's name and password. */
static const char *host_of(const char *url)
{
	const char *host = strstr(url, "://") + 3;
	const char *at = memchr(host, '@', strcspn(host, "/?#"));

	return at ? at + 1 : host;
}

/* The port that follows the host's name, or that of the scheme. */
static unsigned long port_of(const char *url, const char *behind_host)
{
	if (*behind_host == ':')
		return strtoul(behind_host + 1, NULL, 10);
	return strncasecmp(url, "https", 5) == 0 ? 443 : 80;
}

/* Is this URL lull's own receiver? Then every export would come back as new data. */
static bool is_own(const char *url, uint16_t port)
{
	static const char *const hosts[] = {"localhost", "localhost.",
					    "127.0.0.1", "[::1]",
					    "0.0.0.0",   "[::]",
					    "sandbox",   "sandbox.localdomain"};
	const char *host = host_of(url);

	for (size_t i = 0; i < COUNT(hosts); i++) {
		size_t len = strlen(hosts[i]);

		if (strncasecmp(host, hosts[i], len) == 0 && strchr(":/?#", host[len]))
			return port_of(url, host + len) == port;
	}
	return false;
}

static void refuse_own(struct config *c)
{
	bool said = false;

	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		char **endpoint = &c->export[s].endpoint;

		if (!*endpoint ||
		    (!is_own(*endpoint, c->http_port) && !is_own(*endpoint, c->grpc_port)))
			continue;
		if (!said)
			problem(c,
				"the endpoint %s is lull itself: set LULL_ENDPOINT to the backend's URL "
				"(OTEL_EXPORTER_OTLP_ENDPOINT may stay for the function's SDK)",
				host_of(*endpoint));
		said = true;
		free(*endpoint);
		*endpoint = NULL;
	}
}

/* A sixteenth of the function's memory. */
static size_t default_buffer(const char *const *environment)
{
	const size_t mb = (size_t)1 << 20;
	const char *memory = config_env(environment, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
	unsigned long size = memory ? strtoul(memory, NULL, 10) / 16 : 0;

	if (size == 0)
		return 16 * mb;
	return size < 4 ? 4 * mb : size > 64 ? 64 * mb : size * mb;
}

void config_read(struct config *config, const char *const *environment)
{
	*config = (struct config){.buffer = default_buffer(environment)};
	for (size_t i = 0; i < COUNT(table); i++) {
		if (!table[i].exported) {
			read_plain(config, &table[i], environment);
			continue;
		}
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			read_exported(config, &table[i], (enum otlp_signal)s, environment);
	}
	refuse_own(config);
	name_unknown(config, environment);
}

void config_free(struct config *config)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		free(config->export[s].endpoint);
		free(config->export[s].certificate);
		config_headers_free(config->export[s].headers);
	}
	free(config->service_name);
	free(config->resource_attributes);
	free(config->spool_folder);
	for (unsigned i = 0; i < config->problem_count; i++)
		free(config->problems[i]);
	*config = (struct config){0};
}

/* In lines of what is left of 100 columns, under each other. */
static void help_text(struct bytes *out, const char *text)
{
	const size_t width = 61;

	while (strlen(text) > width) {
		size_t len = width;

		while (len > 1 && text[len] != ' ')
			len--;
		bytes_addf(out, "%.*s\n%39s", (int)len, text, "");
		text += len + 1;
	}
	bytes_addf(out, "%s\n", text);
}

void config_help(struct bytes *out)
{
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct setting *s = &table[i];
		char name[64];

		snprintf(name, sizeof name, "%s%s", is_foreign(s) ? "" : "LULL_", s->name);
		bytes_addf(out, "  %-26s %-9s ", name, s->def ? s->def : "");
		help_text(out, s->help);
	}
	bytes_addf(
		out,
		"ENDPOINT, HEADERS, TIMEOUT, COMPRESSION and CERTIFICATE also exist for one signal "
		"alone\n(LULL_TRACES_ENDPOINT, LULL_LOGS_HEADERS, ...; an endpoint is then the whole "
		"URL), and where no\nLULL_ one is set the same of OTEL_EXPORTER_OTLP_ holds.\n");
}
