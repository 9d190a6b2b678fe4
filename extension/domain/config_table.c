/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/config_correlate.h"
#include "domain/config_endpoint.h"
#include "domain/config_env.h"
#include "domain/config_lists.h"
#include "domain/config_source.h"
#include "domain/config_values.h"

/* Outside of a flush data is exported when it is this old, unless LULL_FLUSH says otherwise. */
#define FLUSH_AGE INT64_C(1000000000)

#define OF(field) offsetof(struct config, field)
#define OF_EXPORT(field) offsetof(struct export_settings, field)

static const struct setting table[] = {
	{"ENABLED", T_BOOL, false, "true", OF(enabled),
	 "false: lull does nothing at all but keep Lambda content"},
	{"ENDPOINT", T_ENDPOINT, true, NULL, OF_EXPORT(endpoint),
	 "the OTLP backend, such as https://otlp.example.com; for HTTP /v1/traces and so on is "
	 "added"},
	{"PROTOCOL", T_PROTOCOL, true, NULL, OF_EXPORT(protocol),
	 "http/protobuf, grpc or http/json; else grpc where the endpoint's port is 4317, and "
	 "http/protobuf elsewhere"},
	{"INSECURE", T_BOOL, true, "false", OF_EXPORT(insecure),
	 "true: gRPC without TLS where the endpoint is HOST:PORT without http:// or https://"},
	{"HEADERS", T_HEADERS, true, NULL, OF_EXPORT(headers),
	 "headers for it: key=value,key=value, with %XX decoded"},
	{"TIMEOUT", T_DURATION, true, "10s", OF_EXPORT(timeout),
	 "how long one request may take: 500ms, 10s; a bare number is milliseconds"},
	{"COMPRESSION", T_COMPRESSION, true, "gzip", OF_EXPORT(compression),
	 "gzip or none; one item of more than 384 KiB goes as it is"},
	{"CERTIFICATE", T_STRING, true, NULL, OF_EXPORT(certificate),
	 "file (PEM) or hashed folder of CA certificates to trust instead of the public ones"},
	{"CLIENT_CERTIFICATE", T_STRING, true, NULL, OF_EXPORT(client_certificate),
	 "file of the certificate (PEM) by which lull proves who it is (mTLS)"},
	{"CLIENT_KEY", T_STRING, true, NULL, OF_EXPORT(client_key),
	 "file of its key (PEM, without a password); else it is in the certificate's file"},
	{"SERVER_NAME", T_STRING, true, NULL, OF_EXPORT(server_name),
	 "whom the backend must prove to be, where that is not the endpoint's host"},
	{"CONFIG", T_CONFIG, false, NULL, OF(file),
	 "several destinations in place of these: a JSON file, or the JSON itself"},
	{"SIGNALS", T_SIGNALS, false, "all", OF(signals),
	 "what is exported at all: all, or traces,logs,metrics or some of them"},
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
	{"SELF_LOGS", T_BOOL, false, "true", OF(self_logs),
	 "false: lull's own warnings and errors are not exported as log records"},
	{"PLATFORM_METRICS", T_BOOL, false, "true", OF(platform_metrics),
	 "false: no metrics of what Lambda tells (faas.invocations, faas.invoke_duration and so on)"},
	{"INVOCATION_SPANS", T_SPANS, false, "auto", OF(invocation_spans),
	 "spans of invocations that lull makes: auto (where the function sends none: of time-outs and "
	 "crashes, and where no SDK is at work), always, or never (none of init either)"},
	{"PLATFORM_LOGS", T_PLATFORM_LOGS, false, "errors", OF(platform_logs),
	 "what Lambda tells as log records: errors, init, start, end, report (several with commas), all "
	 "or none"},
	{"LAST_WORDS", T_BOOL, false, "true", OF(last_words),
	 "false: the span of a request that timed out or crashed does not say what was going on"},
	{"HTTP_PORT", T_PORT, false, "4318", OF(http_port),
	 "the port on localhost that takes OTLP/HTTP"},
	{"GRPC_PORT", T_PORT, false, "4317", OF(grpc_port),
	 "the port on localhost that takes OTLP/gRPC"},
	{"FUNCTION_LOGS", T_BOOL, false, "true", OF(function_logs),
	 "false: what the function prints is neither exported nor asked for"},
	{"FUNCTION_LOG_LEVEL", T_SEVERITY, false, "trace", OF(function_log_level),
	 "the least severity of its lines that is exported: trace, debug, info, warn, error or fatal; "
	 "lines without one always are"},
	{"PARSE_JSON_LOGS", T_BOOL, false, "true", OF(parse_json_logs),
	 "a JSON object printed as a line of text is read as one; false: it stays text"},
	{"CORRELATE", T_KEYS, false, NULL, OF(correlate),
	 "names such as correlationId,order.id: a value under one of them in a line, a log record, a "
	 "span or baggage of a request goes on all its lines and records and on lull's own spans"},
	{"LOG_LEVEL", T_LEVEL, false, "info", OF(log_level),
	 "error, warn, info or debug; where it is not set AWS_LAMBDA_LOG_LEVEL holds"},
	{"AWS_LAMBDA_LOG_FORMAT", T_LOG_FORMAT, false, "Text", OF(log_format),
	 "Text or JSON: Lambda's own setting holds for lull's log lines, too"},
	{"HTTPS_PROXY", T_PROXY, false, NULL, OF(https_proxy),
	 "proxy for backends whose URL is https: http://HOST:PORT, or https:// where it speaks "
	 "TLS itself; or https_proxy"},
	{"HTTP_PROXY", T_PROXY, false, NULL, OF(http_proxy),
	 "proxy for backends whose URL is http; or http_proxy"},
	{"NO_PROXY", T_STRING, false, NULL, OF(no_proxy),
	 "hosts that are asked without a proxy: HOST,.DOMAIN,10.0.0.0/8 or *; or no_proxy"},
	{"OTEL_SERVICE_NAME", T_STRING, false, NULL, OF(service_name),
	 "service.name where the sender gave none; else the function's name"},
	{"OTEL_RESOURCE_ATTRIBUTES", T_STRING, false, NULL, OF(resource_attributes),
	 "resource attributes where the sender gave none: key=value,key=value"},
	{"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", T_TEMPORALITY, false, "cumulative",
	 OF(temporality),
	 "cumulative, delta or lowmemory (delta, too), of the metrics that lull makes"},
	{"OTEL_SDK_DISABLED", T_TRUE, false, "false", OF(sdk_disabled),
	 "true: nothing is exported, unless LULL_ says where to"},
	{"OTEL_TRACES_EXPORTER", T_NONE, false, NULL, OF(no_exporter[OTLP_TRACES]),
	 "none: no traces are exported, unless LULL_ says where to"},
	{"OTEL_LOGS_EXPORTER", T_NONE, false, NULL, OF(no_exporter[OTLP_LOGS]),
	 "none: no logs are exported, unless LULL_ says where to"},
	{"OTEL_METRICS_EXPORTER", T_NONE, false, NULL, OF(no_exporter[OTLP_METRICS]),
	 "none: no metrics are exported, unless LULL_ says where to"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct setting *config_table(size_t *count)
{
	*count = COUNT(table);
	return table;
}

/* By custom they have two names each. */
static bool is_of_proxies(const struct setting *s)
{
	return s->type == T_PROXY || strcmp(s->name, "NO_PROXY") == 0;
}

bool setting_is_foreign(const struct setting *s)
{
	return strncmp(s->name, "OTEL_", 5) == 0 || strncmp(s->name, "AWS_", 4) == 0 ||
	       is_of_proxies(s);
}

/* ---- Names ---- */

bool setting_name(const struct setting *s, unsigned which, char name[static SETTING_NAME])
{
	static const char *const signals[] = {"", "TRACES_", "LOGS_", "METRICS_"};

	if (which >= (s->exported ? COUNT(signals) : 1) || setting_is_foreign(s))
		return false;
	snprintf(name, SETTING_NAME, "LULL_%s%s", signals[which], s->name);
	return true;
}

void setting_whole_name(const struct setting *s, char name[static SETTING_NAME])
{
	snprintf(name, SETTING_NAME, "%s%s", setting_is_foreign(s) ? "" : "LULL_", s->name);
}

/* The second name of one that has two. */
static bool other_name(const struct setting *s, char name[static SETTING_NAME])
{
	/* Lambda's "application log level": who wants less of a function wants less of lull. */
	if (s->type == T_LEVEL)
		snprintf(name, SETTING_NAME, "AWS_LAMBDA_LOG_LEVEL");
	else if (is_of_proxies(s))
		for (char *c = name; *c; c++)
			*c = (char)tolower((unsigned char)*c);
	else
		return false;
	return true;
}

const char *setting_find(const struct setting *s, const char *const *env,
			 char name[static SETTING_NAME])
{
	const char *value;

	setting_whole_name(s, name);
	value = config_env(env, name);
	return value || !other_name(s, name) ? value : config_env(env, name);
}

struct found {
	char name[SETTING_NAME];
	bool whole; /* for one signal alone */
};

/* The first of a setting's names that is set, for one signal before all. */
static const char *find_under(const char *prefix, const struct setting *s, enum otlp_signal signal,
			      const char *const *env, struct found *found)
{
	static const char *const signals[] = {"TRACES_", "LOGS_", "METRICS_"};

	for (int one = 1; one >= 0; one--) {
		const char *value;

		snprintf(found->name, SETTING_NAME, "%s%s%s", prefix, one ? signals[signal] : "",
			 s->name);
		value = config_env(env, found->name);
		found->whole = one;
		if (value)
			return value;
	}
	return NULL;
}

/* Does it tell how to speak to the endpoint that is said beside it? Under OTEL_ that may be lull,
 * to which the function's own SDK speaks so. */
static bool is_of_hop(const struct setting *s)
{
	return s->type == T_PROTOCOL || strcmp(s->name, "INSECURE") == 0;
}

static bool has_own_endpoint(enum otlp_signal signal, const char *const *env)
{
	static const struct setting endpoint = {.name = "ENDPOINT"};
	struct found found;

	return find_under("LULL_", &endpoint, signal, env, &found) != NULL;
}

const char *setting_find_exported(const struct setting *s, enum otlp_signal signal,
				  const char *const *env, char name[static SETTING_NAME],
				  bool *whole)
{
	struct found found;
	const char *value = find_under("LULL_", s, signal, env, &found);

	if (!value && !(is_of_hop(s) && has_own_endpoint(signal, env)))
		value = find_under("OTEL_EXPORTER_OTLP_", s, signal, env, &found);
	memcpy(name, found.name, SETTING_NAME);
	*whole = found.whole;
	return value;
}

/* ---- Values ---- */

static bool parse_level(const char *text, enum log_level *value)
{
	/* The first four are lull's, Lambda has the others as well. */
	static const char *const words[] = {"error", "warn", "info", "debug", "trace", "fatal"};
	static const enum log_level levels[] = {LOG_ERROR, LOG_WARN,  LOG_INFO,
						LOG_DEBUG, LOG_DEBUG, LOG_ERROR};
	unsigned i;

	if (!config_parse_word(text, words, COUNT(words), &i))
		return false;
	*value = levels[i];
	return true;
}

static bool parse_log_format(const char *text, enum log_format *value)
{
	static const char *const words[] = {"text", "json"};
	unsigned i;

	if (!config_parse_word(text, words, COUNT(words), &i))
		return false;
	*value = (enum log_format)i;
	return true;
}

enum log_format setting_log_format(const char *const *environment)
{
	const char *text = config_env(environment, "AWS_LAMBDA_LOG_FORMAT");
	enum log_format format = LOG_TEXT;

	if (text)
		parse_log_format(text, &format);
	return format;
}

static bool parse_severity(const char *text, int *value)
{
	static const char *const words[] = {"trace", "debug", "info", "warn", "error", "fatal"};
	unsigned i;

	if (!config_parse_word(text, words, COUNT(words), &i))
		return false;
	/* Four numbers each, from 1 (OpenTelemetry's log data model). */
	*value = (int)(1 + 4 * i);
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

/* One word of a list. The longest that there is has 7 letters. */
static bool parse_member(struct slice member, const char *const *words, unsigned count,
			 unsigned *value)
{
	char word[16] = "";

	if (member.len < sizeof word)
		memcpy(word, member.data, member.len);
	return config_parse_word(word, words, count, value);
}

static bool parse_platform_logs(const char *text, unsigned *value)
{
	/* By bit: domain/platform_logs.h. */
	static const char *const words[] = {"errors", "init", "start", "end",
					    "report", "all",  "none"};
	struct slice word;
	unsigned set = 0, i;

	while (config_list_next(&text, &word)) {
		if (!parse_member(word, words, COUNT(words), &i))
			return false;
		if (i < 5)
			set |= 1U << i;
		else if (i == 5)
			set = 31;
	}
	*value = set;
	return true;
}

static bool parse_spans(const char *text, enum span_setting *value)
{
	static const char *const words[] = {"auto", "always", "never"};
	unsigned i;

	if (!config_parse_word(text, words, COUNT(words), &i))
		return false;
	*value = (enum span_setting)i;
	return true;
}

static bool parse_temporality(const char *text, enum temporality *value)
{
	static const char *const words[] = {"cumulative", "delta", "lowmemory"};
	unsigned i;

	if (!config_parse_word(text, words, COUNT(words), &i))
		return false;
	*value = (enum temporality)i;
	return true;
}

static const char *const protocols[] = {"http/protobuf", "grpc", "http/json"};

const char *setting_protocol_name(enum protocol protocol)
{
	return protocols[protocol - PROTOCOL_HTTP_PROTOBUF];
}

static bool parse_protocol(const char *text, enum protocol *value)
{
	unsigned i;

	if (!config_parse_word(text, protocols, COUNT(protocols), &i))
		return false;
	*value = (enum protocol)(PROTOCOL_HTTP_PROTOBUF + i);
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

/* OpenTelemetry's own: that word alone has a meaning. */
static bool parse_only(const char *text, const char *word, bool *value)
{
	*value = strcasecmp(text, word) == 0;
	return true;
}

static bool parse_signals(const char *text, bool value[static OTLP_SIGNALS])
{
	static const char *const words[] = {"traces", "logs", "metrics", "all"};
	bool wanted[COUNT(words)] = {false};
	struct slice word;
	unsigned i;

	while (config_list_next(&text, &word)) {
		/* A comma may stand behind the last. */
		if (!text && word.len == 0)
			break;
		if (!parse_member(slice_trim(word), words, COUNT(words), &i))
			return false;
		wanted[i] = true;
	}
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		value[s] = wanted[s] || wanted[OTLP_SIGNALS];
	return true;
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

struct setting_target setting_target_of(const struct setting *s, struct config_destination *d,
					enum otlp_signal signal)
{
	struct export_settings *export = &d->export[signal];

	return (struct setting_target){.at = (char *)export + s->offset, .export = export};
}

bool setting_parse(enum setting_type type, const char *text, const struct setting_target *to)
{
	switch (type) {
	case T_BOOL:
		return config_parse_bool(text, to->at);
	case T_STRING:
	case T_CONFIG:
		return parse_string(text, to->at);
	case T_PROXY:
		return config_is_proxy(text) && parse_string(text, to->at);
	case T_ENDPOINT:
		return config_parse_endpoint(text, to->whole, to->export);
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
	case T_SEVERITY:
		return parse_severity(text, to->at);
	case T_LOG_FORMAT:
		return parse_log_format(text, to->at);
	case T_COMPRESSION:
		return parse_compression(text, to->at);
	case T_PLATFORM_LOGS:
		return parse_platform_logs(text, to->at);
	case T_SPANS:
		return parse_spans(text, to->at);
	case T_TEMPORALITY:
		return parse_temporality(text, to->at);
	case T_SIGNALS:
		return parse_signals(text, to->at);
	case T_TRUE:
		return parse_only(text, "true", to->at);
	case T_NONE:
		return parse_only(text, "none", to->at);
	case T_PROTOCOL:
		return parse_protocol(text, to->at);
	case T_KEYS:
		return config_correlate_has_key(text) && parse_string(text, to->at);
	}
	return false;
}

const char *setting_wanted(enum setting_type type)
{
	static const char *const words[] = {
		[T_BOOL] = "write true or false",
		[T_STRING] = "write a text",
		[T_PROXY] =
			"write a URL such as http://proxy.example.com:3128, with %2F for a / in a password",
		[T_ENDPOINT] =
			"write a URL such as https://otlp.example.com:4318, with %2F for a / in a password",
		[T_HEADERS] = "write key=value,key=value with %XX for special characters",
		[T_DURATION] = "write a duration such as 500ms or 10s",
		[T_FLUSH] = "write adaptive, end, lazy or a duration such as 5s",
		[T_SIZE] = "write a size such as 16MB",
		[T_SIZE_OR_OFF] = "write a size such as 16MB, or off",
		[T_PORT] = "write a port from 1 to 65535",
		[T_LEVEL] = "write error, warn, info or debug",
		[T_SEVERITY] = "write trace, debug, info, warn, error or fatal",
		[T_LOG_FORMAT] = "write Text or JSON",
		[T_COMPRESSION] = "write gzip or none",
		[T_PLATFORM_LOGS] = "write some of errors,init,start,end,report, or all or none",
		[T_SPANS] = "write auto, always or never",
		[T_TEMPORALITY] = "write cumulative, delta or lowmemory",
		[T_CONFIG] = "write the path of a JSON file, or the JSON itself",
		[T_SIGNALS] = "write traces,logs,metrics or some of them",
		[T_TRUE] = "write true or false",
		[T_NONE] = "write otlp or none",
		[T_KEYS] = "write names such as correlationId,order.id",
		[T_PROTOCOL] = "write http/protobuf, grpc or http/json",
	};

	return words[type];
}

bool setting_is_secret(const struct setting *s, const char *value)
{
	return s->type == T_HEADERS ||
	       ((s->type == T_ENDPOINT || s->type == T_PROXY) && strpbrk(value, "@?#")) ||
	       (s->type == T_CONFIG && config_is_inline(value));
}
