/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/sdk_signs.h"

#include <stddef.h>
#include <string.h>

#include "domain/config.h"

/* Whose prefix it is: of the SDKs' own settings, and of the wrappers that start them. */
static const char *const signs[] = {
	"OTEL_TRACES_", "OTEL_PROPAGATORS=", "OTEL_BSP_",    "OTEL_PYTHON_",
	"OTEL_NODE_",   "OTEL_JAVAAGENT_",   "OTEL_DOTNET_", "AWS_LAMBDA_EXEC_WRAPPER=",
};

/* These are lull's too, but an endpoint on this machine is meant for the function. */
static const char *const endpoints[] = {"OTEL_EXPORTER_OTLP_ENDPOINT",
					"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"};
static const char *const local[] = {"//localhost", "//127.0.0.1", "//[::1]"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_sign(const char *variable)
{
	for (size_t i = 0; i < COUNT(signs); i++)
		if (strncmp(variable, signs[i], strlen(signs[i])) == 0)
			return true;
	return false;
}

static bool is_local(const char *endpoint)
{
	for (size_t i = 0; endpoint && i < COUNT(local); i++)
		if (strstr(endpoint, local[i]))
			return true;
	return false;
}

static bool is_disabled(const char *const *environment)
{
	const char *disabled = config_env(environment, "OTEL_SDK_DISABLED");

	return disabled && strcasecmp(disabled, "true") == 0;
}

bool sdk_signs_in(const char *const *environment)
{
	if (is_disabled(environment))
		return false;
	for (size_t i = 0; i < COUNT(endpoints); i++)
		if (is_local(config_env(environment, endpoints[i])))
			return true;
	for (; *environment; environment++)
		if (is_sign(*environment))
			return true;
	return false;
}

/* Of a sampler that takes a share nothing can be expected soon, of one that is not here neither. */
struct sdk_spans sdk_spans_in(const char *const *environment)
{
	static const char parent_based[] = "parentbased_";
	const char *exporter = config_env(environment, "OTEL_TRACES_EXPORTER");
	const char *sampler = config_env(environment, "OTEL_TRACES_SAMPLER");

	if (is_disabled(environment) || (exporter && !strstr(exporter, "otlp")))
		return (struct sdk_spans){0};
	if (!sampler) /* OpenTelemetry specification, "SDK environment variables" */
		sampler = "parentbased_always_on";
	return (struct sdk_spans){
		.expected = strcmp(sampler, "always_on") == 0 ||
			    strcmp(sampler, "parentbased_always_on") == 0,
		.by_header = strncmp(sampler, parent_based, sizeof parent_based - 1) == 0,
	};
}
