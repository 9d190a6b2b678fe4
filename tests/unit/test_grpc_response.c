/* SPDX-License-Identifier: Apache-2.0 */
/* How a call ended: trailers, trailers-only, no gRPC at all; its message, and its RetryInfo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/now.h"
#include "edges/grpc_message.h"
#include "edges/grpc_response.h"
#include "wire/grpc_retry_info.h"
#include "wire/gzip.h"
#include "wire/pb.h"

/* google.rpc.Status as protobuf's own encoder makes it. */
#define RETRY_2_5                                                                                  \
	"CAgSBHNsb3caNgoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIKCggIAhCAyrXuAQ"
#define RETRY_0                                                                                    \
	"CAgSBHNsb3caLwoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLkRlYnVnSW5mbxIDEgF4Gi4KKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUluZm8SAgoA"
#define RETRY_EMPTY "CAgSBHNsb3caKgoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbw"
#define RETRY_NEGATIVE                                                                             \
	"CAgSBHNsb3caOQoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxINCgsI////////////AQ"
#define NO_RETRY "CAgSBHNsb3caLwoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLkRlYnVnSW5mbxIDEgF4"

static const struct grpc_fields success = {.http_status = 200,
					   .content_type = "application/grpc",
					   .status = "0"};

static void expect_body(const struct grpc_response *r, const char *text)
{
	if (r->body.len != strlen(text) || (r->body.len && memcmp(r->body.data, text, r->body.len)))
		fail_msg("%.*s", (int)r->body.len, (const char *)r->body.data);
}

static void test_message(void **state)
{
	static const uint8_t whole[] = "\0\0\0\0\3abc";
	struct grpc_fields zipped = success;
	struct grpc_response r;
	struct bytes data = {0};

	(void)state;
	grpc_response_read(&r, &success, slice_of(whole, 8));
	assert_int_equal(r.code, GRPC_OK);
	assert_int_equal(r.form, OTLP_PROTOBUF);
	expect_body(&r, "abc");
	grpc_response_free(&r);

	bytes_append(&data, "\1\0\0\0\0", 5);
	assert_true(gzip_encode(slice_str("abc"), &data));
	grpc_message_prefix(data.len - GRPC_PREFIX, true, data.data);
	zipped.encoding = "gzip";
	grpc_response_read(&r, &zipped, bytes_slice(&data));
	expect_body(&r, "abc");
	grpc_response_free(&r);
	/* Compressed, and nobody says how. */
	grpc_response_read(&r, &success, bytes_slice(&data));
	assert_int_equal(r.code, GRPC_OK);
	expect_body(&r, "");
	grpc_response_free(&r);
	bytes_free(&data);
}

/* The items were taken: what is wrong with the message changes nothing. */
static void test_message_that_is_none(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} cases[] = {
		{"", 0},
		{"\0", 1},
		{"\0\0\0\0\3ab", 7},
		{"\0\0\0\0\3abcd", 9},
		{"\7\0\0\0\0", 5},
		{"\0\xff\xff\xff\xff", 5},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct grpc_response r;

		grpc_response_read(&r, &success, slice_of(cases[i].data, cases[i].len));
		assert_int_equal(r.code, GRPC_OK);
		expect_body(&r, "");
		grpc_response_free(&r);
	}
}

static void test_refusal(void **state)
{
	struct grpc_fields fields = success;
	struct grpc_response r;

	(void)state;
	fields.status = "8";
	fields.message = "100%25 full%3A come%20again%C3%BC %zz %4";
	grpc_response_read(&r, &fields, slice_str("no message is to be here"));
	assert_int_equal(r.code, GRPC_RESOURCE_EXHAUSTED);
	assert_int_equal(r.form, OTLP_TEXT);
	assert_false(r.retry_info);
	expect_body(&r, "100% full: come again\xc3\xbc %zz %4");
	grpc_response_free(&r);
}

static void test_codes(void **state)
{
	static const char *const none[] = {"",   "17", "99",  "-1",  "+1",
					   " 1", "1 ", "0x1", "one", "001"};
	char text[16];

	(void)state;
	for (int code = 0; code < GRPC_CODES; code++) {
		snprintf(text, sizeof text, "%d", code);
		assert_int_equal(grpc_code_read(text), code);
		assert_non_null(grpc_code_name((enum grpc_code)code));
	}
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_int_equal(grpc_code_read(none[i]), GRPC_UNKNOWN);
}

/* gRPC's own table of HTTP statuses. */
static void test_without_a_status(void **state)
{
	static const struct {
		unsigned status;
		enum grpc_code code;
	} known[] = {
		{400, GRPC_INTERNAL},          {401, GRPC_UNAUTHENTICATED},
		{403, GRPC_PERMISSION_DENIED}, {404, GRPC_UNIMPLEMENTED},
		{429, GRPC_UNAVAILABLE},       {502, GRPC_UNAVAILABLE},
		{503, GRPC_UNAVAILABLE},       {504, GRPC_UNAVAILABLE},
	};

	(void)state;
	for (unsigned status = 100; status < 600; status++) {
		struct grpc_fields fields = {.http_status = status, .content_type = "text/html"};
		enum grpc_code code = GRPC_UNKNOWN;
		struct grpc_response r;

		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			if (known[i].status == status)
				code = known[i].code;
		assert_false(grpc_response_broke_off(&fields));
		grpc_response_read(&r, &fields, slice_str("<html>no</html>"));
		assert_int_equal(r.code, code);
		assert_int_equal(r.form, OTLP_TEXT);
		assert_non_null(slice_find(bytes_slice(&r.body), slice_str("LULL_PROTOCOL")));
		assert_non_null(slice_find(bytes_slice(&r.body), slice_str("<html>")));
		grpc_response_free(&r);
	}
}

static void test_broke_off(void **state)
{
	struct grpc_fields fields = success;

	(void)state;
	assert_false(grpc_response_broke_off(&fields));
	fields.status = NULL;
	assert_true(grpc_response_broke_off(&fields));
	fields.content_type = "application/grpc+proto";
	assert_true(grpc_response_broke_off(&fields));
	fields.content_type = NULL;
	assert_false(grpc_response_broke_off(&fields));
}

/* ---- RetryInfo ---- */

static void test_retry_info(void **state)
{
	static const struct {
		const char *details;
		bool there;
		int64_t delay;
	} cases[] = {
		/* Status(code=8, message="slow", details=[RetryInfo(2.5 s)]) */
		{RETRY_2_5, true, 5 * NS_PER_S / 2},
		/* another detail before it, and a delay of 0 */
		{RETRY_0, true, 0},
		/* without retry_delay */
		{RETRY_EMPTY, true, 0},
		/* a negative delay */
		{RETRY_NEGATIVE, true, 0},
		/* DebugInfo alone */
		{NO_RETRY, false, 0},
		{"", false, 0},
		{"CAgSBHNsb3c", false, 0},
		{"!", false, 0},
		{"Ggo", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t delay = 7;

		if (grpc_retry_info(cases[i].details, &delay) != cases[i].there ||
		    delay != cases[i].delay)
			fail_msg("%s", cases[i].details);
	}
}

static void test_retry_info_of_a_refusal(void **state)
{
	struct grpc_fields fields = success;
	struct grpc_response r;

	(void)state;
	fields.status = "14";
	fields.details = RETRY_2_5;
	grpc_response_read(&r, &fields, (struct slice){0});
	assert_int_equal(r.code, GRPC_UNAVAILABLE);
	assert_true(r.retry_info);
	assert_true(r.retry_after == 5 * NS_PER_S / 2);
	grpc_response_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_message_that_is_none),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_without_a_status),
		cmocka_unit_test(test_broke_off),
		cmocka_unit_test(test_retry_info),
		cmocka_unit_test(test_retry_info_of_a_refusal),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	gzip_free();
	return failed;
}
