/* SPDX-License-Identifier: Apache-2.0 */
#include "check_derived.h"

#include <string.h>

#include "domain/config_buffer.h"
#include "domain/config_env.h"
#include "domain/config_lists.h"
#include "domain/config_own.h"
#include "domain/url_shown.h"

/* Each: false where it has no say. */

static bool endpoint(const struct check_value *v, bool used, struct check_told *told)
{
	if (!used || v->export->endpoint)
		return false;
	url_add_shown(&told->value, v->value);
	told->from = "set, but nothing goes there";
	return true;
}

static bool protocol(const struct check_value *v, bool used, struct check_told *told)
{
	bool grpc = v->export->protocol == PROTOCOL_GRPC;

	if (used || v->export->protocol == PROTOCOL_BY_PORT)
		return false;
	bytes_addf(&told->value, "%s", setting_protocol_name(v->export->protocol));
	told->from = grpc ? "the endpoint's port" : "the default";
	return true;
}

static bool certificate(const struct check_value *v, bool used, struct check_told *told)
{
	(void)v;
	if (used)
		return false;
	bytes_addf(&told->value, "the public ones");
	told->from = "the layer, else the image";
	return true;
}

static bool client_key(const struct check_value *v, bool used, struct check_told *told)
{
	if (used || !v->export->client_certificate)
		return false;
	bytes_addf(&told->value, "%s", v->export->client_certificate);
	told->from = "the certificate's file";
	return true;
}

static bool server_name(const struct check_value *v, bool used, struct check_told *told)
{
	const char *host = v->export->endpoint ? config_host(v->export->endpoint) : NULL;

	/* What else it is may be secret. */
	if (used || !host || host != url_shown(v->export->endpoint))
		return false;
	bytes_append(&told->value, host, config_host_length(host));
	told->from = "the endpoint";
	return true;
}

/* Those are never frozen: nothing is gained by holding an invocation. */
static bool flush(const struct check_value *v, bool used, struct check_told *told)
{
	(void)used;
	if (v->config->flush.mode == FLUSH_LAZY || !config_env_is_managed(v->environment))
		return false;
	bytes_addf(&told->value, "lazy");
	told->from = "Managed Instances";
	return true;
}

static bool buffer(const struct check_value *v, bool used, struct check_told *told)
{
	const char *memory;
	size_t size = config_buffer_default(v->environment, &memory);

	if (used)
		return false;
	bytes_addf(&told->value, "%zuMB", size >> 20);
	told->from = memory ? memory : "the default, where the function's memory is not known";
	return true;
}

static bool function_logs(const struct check_value *v, bool used, struct check_told *told)
{
	(void)used;
	if (!v->config->off[OTLP_LOGS])
		return false;
	bytes_addf(&told->value, "false");
	told->from = "logs are not exported";
	return true;
}

static void take_service(void *ctx, struct slice key, struct slice value)
{
	struct bytes *out = ctx;

	if (slice_is(key, "service.name") && out->len == 0)
		bytes_add(out, value);
}

static bool service_name(const struct check_value *v, bool used, struct check_told *told)
{
	static const char function[] = "AWS_LAMBDA_FUNCTION_NAME";
	const char *name = config_env(v->environment, function);
	const char *list = v->config->resource_attributes;
	struct bytes found = {0};

	if (used)
		return false;
	told->from = "OTEL_RESOURCE_ATTRIBUTES";
	if (!list || !config_pairs(list, take_service, &found) || found.len == 0) {
		found.len = 0;
		bytes_addf(&found, "%s", name ? name : "-");
		told->from = name ? function : "not set";
	}
	told->value = found;
	return true;
}

static void ignore(void *ctx, struct slice key, struct slice value)
{
	(void)ctx;
	(void)key;
	(void)value;
}

static bool resource_attributes(const struct check_value *v, bool used, struct check_told *told)
{
	if (!used || config_pairs(v->value, ignore, NULL))
		return false;
	bytes_addf(&told->value, "-");
	told->from = "not set";
	told->refused = true;
	return true;
}

/* Has it taken a signal from lull? The SDK heeds it in any case. */
static bool turns_off(const struct check_value *v)
{
	const char *said = (const char *)v->config + v->setting->offset;
	const bool *of_all = &v->config->sdk_disabled;

	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		if (v->config->off[s] && ((const bool *)said == of_all ||
					  (const bool *)said == &v->config->no_exporter[s]))
			return true;
	return false;
}

static bool of_sdk(const struct check_value *v, bool used, struct check_told *told)
{
	bool holds = *(const bool *)((const char *)v->config + v->setting->offset);

	if (!used || !holds || turns_off(v))
		return false;
	bytes_addf(&told->value, "%s", v->value);
	told->from = "set, for the SDK alone: LULL_ says what is exported";
	return true;
}

/* That one word has a meaning. */
static bool sdk_disabled(const struct check_value *v, bool used, struct check_told *told)
{
	if (!used || v->config->sdk_disabled)
		return of_sdk(v, used, told);
	bytes_addf(&told->value, "false");
	told->from = "set: only true has a meaning";
	return true;
}

bool check_derived(const struct check_value *value, bool used, struct check_told *told)
{
	static const struct {
		const char *name;
		bool (*derive)(const struct check_value *value, bool used, struct check_told *told);
	} known[] = {
		{"ENDPOINT", endpoint},
		{"PROTOCOL", protocol},
		{"CERTIFICATE", certificate},
		{"CLIENT_KEY", client_key},
		{"SERVER_NAME", server_name},
		{"FLUSH", flush},
		{"BUFFER", buffer},
		{"FUNCTION_LOGS", function_logs},
		{"OTEL_SERVICE_NAME", service_name},
		{"OTEL_RESOURCE_ATTRIBUTES", resource_attributes},
		{"OTEL_SDK_DISABLED", sdk_disabled},
		{"OTEL_TRACES_EXPORTER", of_sdk},
		{"OTEL_LOGS_EXPORTER", of_sdk},
		{"OTEL_METRICS_EXPORTER", of_sdk},
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(known[i].name, value->setting->name) == 0)
			return known[i].derive(value, used, told);
	return false;
}
