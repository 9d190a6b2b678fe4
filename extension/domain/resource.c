/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/resource.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "domain/config_env.h"
#include "domain/config_lists.h"
#include "domain/value.h"
#include "wire/otlp_value.h"
#include "wire/pb.h"

static bool has(const struct resource *resource, struct slice key)
{
	for (size_t i = 0; i < resource->count; i++)
		if (slice_equal(resource->attributes[i].key, key))
			return true;
	return false;
}

static void add(struct resource *resource, struct arena *arena, struct slice key,
		Otlp__AnyValue *value)
{
	Otlp__KeyValue *kv = value_attribute(arena, key, value);
	uint8_t *packed;
	size_t size;

	if (!kv || key.len == 0 || has(resource, key) || resource->count == RESOURCE_ATTRIBUTES)
		return;
	size = otlp__key_value__get_packed_size(kv);
	packed = malloc(size);
	if (!packed)
		return;
	otlp__key_value__pack(kv, packed);
	resource->attributes[resource->count++] = (struct otlp_attribute){
		.key = pb_find(slice_of(packed, size), OTLP_KEY),
		.key_value = slice_of(packed, size),
	};
}

static void add_slice(struct resource *resource, struct slice key, struct slice value)
{
	struct arena arena = {0};
	struct bytes clean_key = {0}, clean_value = {0};

	utf8_repair(&clean_key, key);
	utf8_repair(&clean_value, value);
	if (!clean_key.failed && !clean_value.failed)
		add(resource, &arena, bytes_slice(&clean_key),
		    value_string(&arena, bytes_slice(&clean_value)));
	bytes_free(&clean_key);
	bytes_free(&clean_value);
	arena_free(&arena);
}

static void add_int(struct resource *resource, const char *key, int64_t value)
{
	struct arena arena = {0};

	add(resource, &arena, slice_str(key), value_int(&arena, value));
	arena_free(&arena);
}

void resource_add(struct resource *resource, const char *key, struct slice value)
{
	if (value.len > 0)
		add_slice(resource, slice_str(key), value);
}

void resource_add_arn(struct resource *resource, struct slice arn)
{
	struct slice rest = arn, field[7] = {{0}};
	size_t n = 0;

	/* arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER] */
	while (n < 7) {
		const uint8_t *colon = rest.len ? memchr(rest.data, ':', rest.len) : NULL;

		field[n] = slice_of(rest.data, colon ? (size_t)(colon - rest.data) : rest.len);
		n++;
		if (!colon)
			break;
		rest = slice_of(colon + 1, rest.len - (size_t)(colon + 1 - rest.data));
	}
	if (n < 7 || !slice_is(field[0], "arn") || !slice_is(field[5], "function"))
		return;
	resource_add(resource, "cloud.account.id", field[4]);
	resource_add(resource, "cloud.resource_id",
		     slice_of(arn.data, (size_t)(field[6].data + field[6].len - arn.data)));
}

void resource_renew(struct resource *resource, const char *key, struct slice value)
{
	size_t i = resource->configured;

	while (i < resource->count && !slice_is(resource->attributes[i].key, key))
		i++;
	if (i < resource->count && value.len > 0) {
		free((void *)(uintptr_t)resource->attributes[i].key_value.data);
		resource->attributes[i] = resource->attributes[--resource->count];
	}
	resource_add(resource, key, value);
}

static void pair(void *ctx, struct slice key, struct slice value)
{
	add_slice(ctx, key, value);
}

static void add_env(struct resource *resource, const char *key, const char *const *environment,
		    const char *name)
{
	resource_add(resource, key, slice_str(config_env(environment, name)));
}

bool resource_init(struct resource *resource, const struct config *config,
		   const char *const *environment)
{
	const char *memory = config_env(environment, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
	long long megabytes = memory ? strtoll(memory, NULL, 10) : 0;
	bool ok = true;

	*resource = (struct resource){0};
	/* OTEL_SERVICE_NAME goes before service.name of the list (OpenTelemetry specification,
	 * general SDK configuration). */
	resource_add(resource, "service.name", slice_str(config->service_name));
	if (config->resource_attributes) {
		struct resource before = *resource;

		ok = config_pairs(config->resource_attributes, pair, resource);
		while (!ok && resource->count > before.count)
			free((void *)(uintptr_t)resource->attributes[--resource->count]
				     .key_value.data);
	}
	resource->configured = resource->count;
	add_env(resource, "service.name", environment, "AWS_LAMBDA_FUNCTION_NAME");
	resource_add(resource, "cloud.provider", slice_str("aws"));
	resource_add(resource, "cloud.platform", slice_str("aws_lambda"));
	add_env(resource, "cloud.region", environment, "AWS_REGION");
	add_env(resource, "faas.name", environment, "AWS_LAMBDA_FUNCTION_NAME");
	add_env(resource, "faas.version", environment, "AWS_LAMBDA_FUNCTION_VERSION");
	if (megabytes > 0 && megabytes < 1 << 20)
		add_int(resource, "faas.max_memory", megabytes << 20);
	return ok;
}

void resource_free(struct resource *resource)
{
	for (size_t i = 0; i < resource->count; i++)
		free((void *)(uintptr_t)resource->attributes[i].key_value.data);
	*resource = (struct resource){0};
}
