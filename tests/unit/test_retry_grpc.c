/* SPDX-License-Identifier: Apache-2.0 */
/* What each gRPC code means: the table of the OTLP specification ("OTLP/gRPC Response"), and where
 * lull keeps data that the table lets go (DESIGN, "Failure"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/retry.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* For a joined batch, a payload of several items, and one item; plain, with a RetryInfo, with words
 * that say "too large", and with both. */
enum { JOINED, SEVERAL, ONE, BATCHES };
enum { PLAIN, INFO, LARGE, BOTH, ANSWERS };

#define ALL(v)                                                                                     \
	{                                                                                          \
		v, v, v                                                                            \
	}
#define ALWAYS(v)                                                                                  \
	{                                                                                          \
		ALL(v), ALL(v), ALL(v), ALL(v)                                                     \
	}
#define HALVED                                                                                     \
	{                                                                                          \
		VERDICT_HALVE, VERDICT_HALVE, VERDICT_REFUSED                                      \
	}
#define SINGLY                                                                                     \
	{                                                                                          \
		VERDICT_SINGLY, VERDICT_REFUSED, VERDICT_REFUSED                                   \
	}

static const enum verdict expected[GRPC_CODES][ANSWERS][BATCHES] = {
	[GRPC_OK] = ALWAYS(VERDICT_EXPORTED),
	[GRPC_CANCELLED] = ALWAYS(VERDICT_LATER),
	[GRPC_UNKNOWN] = ALWAYS(VERDICT_REFUSED),
	[GRPC_INVALID_ARGUMENT] = {SINGLY, SINGLY, HALVED, SINGLY},
	[GRPC_DEADLINE_EXCEEDED] = ALWAYS(VERDICT_LATER),
	[GRPC_NOT_FOUND] = ALWAYS(VERDICT_REFUSED),
	[GRPC_ALREADY_EXISTS] = ALWAYS(VERDICT_REFUSED),
	[GRPC_PERMISSION_DENIED] = ALWAYS(VERDICT_LATER),
	[GRPC_RESOURCE_EXHAUSTED] = {ALL(VERDICT_REFUSED), ALL(VERDICT_LATER), HALVED,
				     ALL(VERDICT_LATER)},
	[GRPC_FAILED_PRECONDITION] = ALWAYS(VERDICT_REFUSED),
	[GRPC_ABORTED] = ALWAYS(VERDICT_LATER),
	[GRPC_OUT_OF_RANGE] = {ALL(VERDICT_LATER), ALL(VERDICT_LATER), HALVED, ALL(VERDICT_LATER)},
	[GRPC_UNIMPLEMENTED] = ALWAYS(VERDICT_OFF),
	[GRPC_INTERNAL] = ALWAYS(VERDICT_REFUSED),
	[GRPC_UNAVAILABLE] = ALWAYS(VERDICT_LATER),
	[GRPC_DATA_LOSS] = ALWAYS(VERDICT_LATER),
	[GRPC_UNAUTHENTICATED] = ALWAYS(VERDICT_LATER),
};

static struct answer make(enum grpc_code code, unsigned kind, unsigned batch, const char *words)
{
	return (struct answer){
		.status = 200,
		.members = batch == JOINED ? 2 : 1,
		.items = batch == ONE ? 1 : 10,
		.message = slice_str(words),
		.is_grpc = true,
		.code = code,
		.retry_info = kind == INFO || kind == BOTH,
	};
}

static void test_every_cell(void **state)
{
	static const char *const large[] = {
		"grpc: received message larger than max (5000000 vs. 4194304)",
		"gRPC message exceeds maximum size 4194304: 5000000",
		"Error, decoded message length too large: found 5000000 bytes, the limit is: 4194304",
	};
	static const char *const others[] = {"", "the quota is exceeded", "rate limit exceeds 5/s"};

	(void)state;
	for (unsigned cell = 0; cell < GRPC_CODES * ANSWERS * BATCHES; cell++) {
		unsigned code = cell / (ANSWERS * BATCHES), kind = cell / BATCHES % ANSWERS;
		unsigned batch = cell % BATCHES;

		for (size_t i = 0; i < LENGTH(large); i++) {
			const char *words = kind >= LARGE ? large[i] : others[i];
			struct answer answer = make((enum grpc_code)code, kind, batch, words);

			if (retry_verdict(&answer) != expected[code][kind][batch])
				fail_msg("%s, answer %u, batch %u: %s",
					 grpc_code_name((enum grpc_code)code), kind, batch, words);
		}
	}
}

/* What a proxy says that knows no gRPC. */
static void test_413(void **state)
{
	struct answer answer = make(GRPC_UNKNOWN, PLAIN, JOINED, "");

	(void)state;
	answer.status = 413;
	assert_int_equal(retry_verdict(&answer), VERDICT_HALVE);
	answer.items = answer.members = 1;
	assert_int_equal(retry_verdict(&answer), VERDICT_REFUSED);
}

static void test_maybe_taken(void **state)
{
	(void)state;
	for (unsigned code = 0; code < GRPC_CODES; code++) {
		struct answer answer = make((enum grpc_code)code, PLAIN, JOINED, "");

		assert_int_equal(retry_maybe_taken(&answer),
				 code == GRPC_CANCELLED || code == GRPC_DEADLINE_EXCEEDED ||
					 code == GRPC_DATA_LOSS);
		answer.status = 504;
		assert_true(retry_maybe_taken(&answer));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell),
		cmocka_unit_test(test_413),
		cmocka_unit_test(test_maybe_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
