/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend says, in whatever form: a partial success, a Status, words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/otlp_response.h"

static const struct {
	bool success;
	enum otlp_form form;
	const char *body;
	uint64_t rejected;
	const char *message;
} cases[] = {
	/* partial_success {rejected 3, "no"}; cut; without rejected items; a negative number */
	{true, OTLP_PROTOBUF, "\x0a\x06\x08\x03\x12\x02no", 3, "no"},
	{true, OTLP_PROTOBUF, "\x0a\x06\x08\x03\x12\x02n", 3, "n"},
	{true, OTLP_PROTOBUF, "\x0a\x04\x12\x02no", 0, "no"},
	{true, OTLP_PROTOBUF, "\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 0, ""},
	{true, OTLP_PROTOBUF, "", 0, ""},
	{true, OTLP_PROTOBUF, "garbage", 0, ""},
	{true, OTLP_JSON, "{\"partialSuccess\":{\"rejectedX\":\"3\",\"errorMessage\":\" no \"}}", 3,
	 "no"},
	{true, OTLP_JSON, "{\"partial_success\":{\"rejectedX\":3},\"new\":[1]}", 3, ""},
	{true, OTLP_JSON, "{}", 0, ""},
	{true, OTLP_JSON, "", 0, ""},
	{true, OTLP_JSON, "{\"partialSuccess\":", 0, ""},
	{true, OTLP_TEXT, "ok", 0, ""},
	{false, OTLP_PROTOBUF,
	 "\x08\x08\x12\x04"
	 "full",
	 0, "full"},
	{false, OTLP_PROTOBUF,
	 "\x12\x04"
	 "fu",
	 0, "fu"},
	{false, OTLP_JSON, "{\"code\":8,\"message\":\"full\",\"details\":[{\"@type\":\"x\"}]}", 0,
	 "full"},
	{false, OTLP_JSON, "{\"error\":\"full\"}", 0, "{\"error\":\"full\"}"},
	{false, OTLP_JSON, "{\"message\":{\"a\":1}}", 0, "{\"message\":{\"a\":1}}"},
	{false, OTLP_JSON, "oh", 0, "oh"},
	{false, OTLP_TEXT, " \r\nfull\n", 0, "full"},
};

static const char *const rejected[OTLP_SIGNALS] = {
	[OTLP_TRACES] = "rejectedSpans",
	[OTLP_LOGS] = "rejectedLogRecords",
	[OTLP_METRICS] = "rejectedDataPoints",
};

/* "rejectedX" as that signal has it. */
static struct bytes body_of(const char *body, enum otlp_signal signal)
{
	const char *at = strstr(body, "rejectedX");
	struct bytes out = {0};

	bytes_append(&out, body, at ? (size_t)(at - body) : strlen(body));
	if (at) {
		bytes_add(&out, slice_str(rejected[signal]));
		bytes_add(&out, slice_str(at + strlen("rejectedX")));
	}
	return out;
}

static void test_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0] * OTLP_SIGNALS; i++) {
		size_t c = i / OTLP_SIGNALS;
		enum otlp_signal signal = (enum otlp_signal)(i % OTLP_SIGNALS);
		struct bytes body = body_of(cases[c].body, signal);
		struct otlp_response r;

		otlp_response_read(&r, signal, cases[c].success, cases[c].form, bytes_slice(&body));
		if (r.rejected != cases[c].rejected || !slice_is(r.message, cases[c].message))
			fail_msg("case %zu: %.*s", c, (int)r.message.len,
				 (const char *)r.message.data);
		otlp_response_free(&r);
		bytes_free(&body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
