/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common.pb-c.h"
#include "domain/config_read.h"
#include "domain/resource.h"
#include "short_memory.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* "key=value key=value ..." in their order, as protobuf-c reads them. */
static const char *shown(const struct resource *resource)
{
	static char text[16384];
	size_t len = 0, i;

	text[0] = 0;
	for (i = 0; i < resource->count; i++) {
		const struct otlp_attribute *a = &resource->attributes[i];
		Otlp__KeyValue *kv = otlp__key_value__unpack(NULL, a->key_value.len,
							     a->key_value.data);
		char number[32];

		assert_non_null(kv);
		assert_true(slice_is(a->key, kv->key));
		snprintf(number, sizeof number, "%jd", (intmax_t)kv->value->int_value);
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s=%s", i ? " " : "",
					kv->key,
					kv->value->value_case == OTLP__ANY_VALUE__VALUE_INT_VALUE
						? number
						: kv->value->string_value);
		otlp__key_value__free_unpacked(kv, NULL);
	}
	return text;
}

#define CLOUD " cloud.provider=aws cloud.platform=aws_lambda"
#define LAMBDA                                                                                     \
	"AWS_LAMBDA_FUNCTION_NAME=fn", "AWS_REGION=eu-north-1", "AWS_LAMBDA_FUNCTION_VERSION=7",   \
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128"
#define FROM_LAMBDA                                                                                \
	CLOUD " cloud.region=eu-north-1 faas.name=fn faas.version=7 faas.max_memory=134217728"

static void test_environment(void **state)
{
	static const struct {
		const char *environment[8];
		bool ok;
		const char *shown;
	} cases[] = {
		{{NULL}, true, "cloud.provider=aws cloud.platform=aws_lambda"},
		{{LAMBDA}, true, "service.name=fn" FROM_LAMBDA},
		/* OTEL_SERVICE_NAME before the list's before the function's */
		{{LAMBDA, "OTEL_SERVICE_NAME=mine"}, true, "service.name=mine" FROM_LAMBDA},
		{{LAMBDA, "OTEL_RESOURCE_ATTRIBUTES=service.name=listed,a=b"},
		 true,
		 "service.name=listed a=b" FROM_LAMBDA},
		{{LAMBDA, "OTEL_SERVICE_NAME=mine", "OTEL_RESOURCE_ATTRIBUTES=service.name=listed"},
		 true,
		 "service.name=mine" FROM_LAMBDA},
		/* the list before what Lambda says */
		{{LAMBDA, "OTEL_RESOURCE_ATTRIBUTES=faas.name=other, cloud.region = r "},
		 true,
		 "faas.name=other cloud.region=r service.name=fn" CLOUD
		 " faas.version=7 faas.max_memory=134217728"},
		/* the first of two; decoded; empty; with a '=' */
		{{"OTEL_RESOURCE_ATTRIBUTES=a=1,a=2,b=%2C%3d%20,c=,d=x=y"},
		 true,
		 "a=1 b=,=  c= d=x=y" CLOUD},
		/* not UTF-8: mended, as a backend refuses all of it */
		{{"OTEL_RESOURCE_ATTRIBUTES=a=%FF,b\xc3=c"},
		 true,
		 "a=\xef\xbf\xbd b\xef\xbf\xbd=c" CLOUD},
		/* unreadable: dropped whole, with what was read before it */
		{{"OTEL_RESOURCE_ATTRIBUTES=a=1,b=2,nonsense,c=3"},
		 false,
		 "cloud.provider=aws cloud.platform=aws_lambda"},
		{{"OTEL_RESOURCE_ATTRIBUTES=service.name=listed,a=%zz", LAMBDA},
		 false,
		 "service.name=fn" FROM_LAMBDA},
		{{"OTEL_RESOURCE_ATTRIBUTES=a=1,=2", "OTEL_SERVICE_NAME=mine"},
		 false,
		 "service.name=mine" CLOUD},
		/* memory sizes that are none */
		{{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=0"},
		 true,
		 "cloud.provider=aws cloud.platform=aws_lambda"},
		{{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=-1"},
		 true,
		 "cloud.provider=aws cloud.platform=aws_lambda"},
		{{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=99999999999999999999"},
		 true,
		 "cloud.provider=aws cloud.platform=aws_lambda"},
		{{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=10240"},
		 true,
		 "cloud.provider=aws cloud.platform=aws_lambda faas.max_memory=10737418240"},
		/* empty is absent */
		{{"AWS_LAMBDA_FUNCTION_NAME=", "AWS_REGION="},
		 true,
		 "cloud.provider=aws cloud.platform=aws_lambda"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct resource resource;
		struct config config;

		config_read(&config, cases[i].environment);
		assert_int_equal(resource_init(&resource, &config, cases[i].environment),
				 cases[i].ok);
		assert_string_equal(shown(&resource), cases[i].shown);
		resource_free(&resource);
		assert_int_equal(resource.count, 0);
		config_free(&config);
	}
}

static void test_arn(void **state)
{
	static const struct {
		const char *arn;
		const char *shown;
	} cases[] = {
		{"arn:aws:lambda:eu-north-1:123456789012:function:fn",
		 "cloud.account.id=123456789012 "
		 "cloud.resource_id=arn:aws:lambda:eu-north-1:123456789012:function:fn"},
		{"arn:aws:lambda:eu-north-1:123456789012:function:fn:live",
		 "cloud.account.id=123456789012 "
		 "cloud.resource_id=arn:aws:lambda:eu-north-1:123456789012:function:fn"},
		{"arn:aws:lambda:eu-north-1:123456789012:function:fn:$LATEST",
		 "cloud.account.id=123456789012 "
		 "cloud.resource_id=arn:aws:lambda:eu-north-1:123456789012:function:fn"},
		{"arn:aws-cn:lambda:cn-north-1:1:function:fn:a:b:c",
		 "cloud.account.id=1 cloud.resource_id=arn:aws-cn:lambda:cn-north-1:1:function:fn"},
		{"arn:aws:lambda:::function:fn", "cloud.resource_id=arn:aws:lambda:::function:fn"},
		{"", ""},
		{"arn", ""},
		{"arn:aws:lambda:eu-north-1:123456789012:function", ""},
		{"arn:aws:lambda:eu-north-1:123456789012:layer:fn", ""},
		{"urn:aws:lambda:eu-north-1:123456789012:function:fn", ""},
		{":::::::", ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct resource resource = {0};

		resource_add_arn(&resource, slice_str(cases[i].arn));
		assert_string_equal(shown(&resource), cases[i].shown);
		/* Every INVOKE tells it again. */
		resource_add_arn(&resource, slice_str(cases[i].arn));
		assert_string_equal(shown(&resource), cases[i].shown);
		resource_free(&resource);
	}
	resource_add_arn(&(struct resource){0}, (struct slice){NULL, 0});
}

static void test_later(void **state)
{
	struct resource resource = {0};

	(void)state;
	resource_add(&resource, "cloud.account.id", (struct slice){NULL, 0});
	resource_add(&resource, "cloud.account.id", slice_str(""));
	resource_add(&resource, "cloud.account.id", slice_str("1"));
	resource_add(&resource, "cloud.account.id", slice_str("2"));
	resource_add_arn(&resource, slice_str("arn:aws:lambda:r:3:function:fn"));
	resource_add(&resource, "faas.instance", slice_of("a\0\xff", 3));
	resource_add(&resource, "", slice_str("no key"));
	assert_string_equal(shown(&resource),
			    "cloud.account.id=1 cloud.resource_id=arn:aws:lambda:r:3:function:fn "
			    "faas.instance=a\xef\xbf\xbd\xef\xbf\xbd");
	resource_free(&resource);
}

/* The table is full: what comes later is left out. */
static void test_many(void **state)
{
	struct resource resource = {0};
	char key[32];
	int i;

	(void)state;
	for (i = 0; i < 2 * RESOURCE_ATTRIBUTES; i++) {
		snprintf(key, sizeof key, "key-%d", i);
		resource_add(&resource, key, slice_str("value"));
	}
	assert_int_equal(resource.count, RESOURCE_ATTRIBUTES);
	snprintf(key, sizeof key, "key-%d", RESOURCE_ATTRIBUTES - 1);
	assert_true(slice_is(resource.attributes[RESOURCE_ATTRIBUTES - 1].key, key));
	resource_free(&resource);
}

/* Where memory is short an attribute is missing; what is there is whole. */
static void test_short_memory(void **state)
{
	int at;

	(void)state;
	for (at = 1; at < 10; at++) {
		struct resource resource = {0};

		short_memory_at = at;
		resource_add(&resource, "key", slice_str("value"));
		assert_string_equal(shown(&resource), short_memory_at == 0 ? "" : "key=value");
		resource_free(&resource);
		if (short_memory_at > 0)
			break;
	}
	short_memory_at = 0;
	assert_in_range(at, 2, 9);
}

/* A restored snapshot is another instance, unless the user has said which one it is. */
static void test_what_is_renewed(void **state)
{
	const char *const environment[] = {"OTEL_RESOURCE_ATTRIBUTES=mine=1", NULL};
	struct config config;
	struct resource resource;

	(void)state;
	config_read(&config, environment);
	assert_true(resource_init(&resource, &config, environment));
	assert_string_equal(shown(&resource), "mine=1" CLOUD);
	resource_renew(&resource, "id", slice_str("a"));
	assert_string_equal(shown(&resource), "mine=1" CLOUD " id=a");
	resource_renew(&resource, "id", slice_str("b"));
	resource_renew(&resource, "mine", slice_str("2"));
	assert_string_equal(shown(&resource), "mine=1" CLOUD " id=b");
	resource_renew(&resource, "id", (struct slice){0});
	assert_string_equal(shown(&resource), "mine=1" CLOUD " id=b");
	resource_free(&resource);
	config_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_renewed),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_arn),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
