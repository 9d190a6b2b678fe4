/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/sdk_signs.h"

#include <stddef.h>
#include <string.h>

#include "domain/config_env.h"
#include "domain/config_own.h"

/* Whose prefix it is: of the SDKs' own settings. */
static const char *const signs[] = {
	"OTEL_TRACES_", "OTEL_PROPAGATORS=", "OTEL_BSP_",    "OTEL_PYTHON_",
	"OTEL_NODE_",   "OTEL_JAVAAGENT_",   "OTEL_DOTNET_",
};

/* These are lull's too, but an endpoint on this machine is meant for the function. */
static const char *const endpoints[] = {"OTEL_EXPORTER_OTLP_ENDPOINT",
					"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_sign(const char *variable)
{
	for (size_t i = 0; i < COUNT(signs); i++)
		if (strncmp(variable, signs[i], strlen(signs[i])) == 0)
			return true;
	return false;
}

/* The program's name in a path. */
static const char *program_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

/* Those of OpenTelemetry's layers, and of the layers made of them, are otel-handler,
 * otel-instrument, otel-proxy-handler, otel-stream-handler and so on. Other wrappers may start
 * anything. */
static bool starts_sdk(const char *path)
{
	static const char prefix[] = "otel-";
	const char *program = program_of(path);

	return program && strncmp(program, prefix, sizeof prefix - 1) == 0;
}

/* lull-wrap says nothing by itself: it points an SDK at lull if there is one. But the endpoint
 * beside it was the SDK's. */
static bool is_taken_over(const char *const *environment)
{
	const char *wrapper = program_of(config_env(environment, "AWS_LAMBDA_EXEC_WRAPPER"));

	return wrapper && strcmp(wrapper, "lull-wrap") == 0;
}

static bool is_of_sdk(const char *endpoint, bool taken_over)
{
	return endpoint && (taken_over || config_is_local(endpoint));
}

static bool is_disabled(const char *const *environment)
{
	const char *disabled = config_env(environment, "OTEL_SDK_DISABLED");

	return disabled && strcasecmp(disabled, "true") == 0;
}

bool sdk_signs_in(const char *const *environment)
{
	bool taken_over = is_taken_over(environment);

	if (is_disabled(environment))
		return false;
	if (starts_sdk(config_env(environment, "AWS_LAMBDA_EXEC_WRAPPER")) ||
	    starts_sdk(config_env(environment, "LULL_WRAP_NEXT")))
		return true;
	for (size_t i = 0; i < COUNT(endpoints); i++)
		if (is_of_sdk(config_env(environment, endpoints[i]), taken_over))
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
