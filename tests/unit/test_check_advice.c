/* SPDX-License-Identifier: Apache-2.0 */
/* What lull --check --send advises: about each way to fail there is, by what is known to help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check_advice.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* `words` is NULL where nothing is to be advised. */
static void require(const struct transfer_result *result, enum protocol protocol, const char *words)
{
	const struct export_settings settings = {.protocol = protocol};
	const char *advice = check_advice(&settings, result);

	if (!advice != !words || (words && !strstr(advice, words)))
		fail_msg("failure %d, status %u, code %d: %s", result->failure, result->status,
			 result->code, advice ? advice : "nothing");
}

static void test_failures(void **state)
{
	static const struct {
		enum transfer_failure failure;
		enum protocol protocol;
		const char *words;
	} cells[] = {
		{FAILURE_OTHER, PROTOCOL_HTTP_PROTOBUF, NULL},
		{FAILURE_NAME, PROTOCOL_HTTP_PROTOBUF, "spelling of the host"},
		{FAILURE_CONNECT, PROTOCOL_GRPC, "host and port"},
		{FAILURE_UNTRUSTED, PROTOCOL_HTTP_PROTOBUF, "LULL_CERTIFICATE"},
		{FAILURE_EXPIRED, PROTOCOL_HTTP_PROTOBUF, "needs a new certificate"},
		{FAILURE_OTHER_HOST, PROTOCOL_HTTP_PROTOBUF, "LULL_SERVER_NAME"},
		{FAILURE_TLS, PROTOCOL_HTTP_PROTOBUF, "http:// in the endpoint"},
		{FAILURE_PROTOCOL, PROTOCOL_HTTP_PROTOBUF, "LULL_PROTOCOL=grpc"},
		{FAILURE_PROTOCOL, PROTOCOL_HTTP_JSON, "LULL_PROTOCOL=grpc"},
		{FAILURE_PROTOCOL, PROTOCOL_GRPC, "LULL_PROTOCOL=http/protobuf"},
		{FAILURE_TIME, PROTOCOL_HTTP_PROTOBUF, "LULL_TIMEOUT"},
	};
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(cells); i++) {
		/* A status that came before the connection broke has no say. */
		struct transfer_result result = {.error = "it failed",
						 .failure = cells[i].failure,
						 .status = 401};

		require(&result, cells[i].protocol, cells[i].words);
		seen |= 1U << cells[i].failure;
	}
	assert_int_equal(seen, (2U << FAILURE_TIME) - 1);
}

static void test_statuses(void **state)
{
	static const struct {
		unsigned status;
		const char *words;
	} cells[] = {
		{200, NULL},
		{299, NULL},
		{300, "not the backend's own address"},
		{308, "not the backend's own address"},
		{399, "not the backend's own address"},
		{400, NULL},
		{401, "LULL_HEADERS"},
		{403, "LULL_HEADERS"},
		{404, "mind the path"},
		{405, "no OTLP is taken there"},
		{413, NULL},
		{415, "LULL_COMPRESSION=none"},
		{429, "quota"},
		{500, "try again later"},
		{501, "no OTLP is taken there"},
		{503, "try again later"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cells); i++)
		require(&(struct transfer_result){.status = cells[i].status},
			PROTOCOL_HTTP_PROTOBUF, cells[i].words);
}

/* Whatever the status of HTTP was, which is mostly 200. */
static void test_codes(void **state)
{
	static const char *const words[GRPC_CODES] = {
		[GRPC_PERMISSION_DENIED] = "LULL_HEADERS",
		[GRPC_UNAUTHENTICATED] = "LULL_HEADERS",
		[GRPC_RESOURCE_EXHAUSTED] = "quota",
		[GRPC_UNIMPLEMENTED] = "LULL_PROTOCOL=http/protobuf",
		[GRPC_UNAVAILABLE] = "try again later",
	};

	(void)state;
	for (unsigned code = 0; code < GRPC_CODES; code++)
		require(&(struct transfer_result){.status = code % 2 ? 200 : 404,
						  .is_grpc = true,
						  .code = (enum grpc_code)code},
			PROTOCOL_GRPC, words[code]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
