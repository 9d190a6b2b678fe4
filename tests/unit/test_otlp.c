/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every request (fuzz_otlp.c says what), tried on requests made from seeds, on cut
 * and damaged ones, and on what once failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>

#include "../fuzz/fuzz_otlp.c"
#include "guard.h"
#include "otlp_make.h"

#ifndef REGRESS
#define REGRESS "tests/fuzz/regress" /* from the root of the repository */
#endif

static void test_made_requests(void **state)
{
	struct bytes request = {0};
	uint32_t seed;
	size_t at, items = 0;

	(void)state;
	for (seed = 0; seed < 1500; seed++) {
		enum otlp_signal signal = (enum otlp_signal)(seed % OTLP_SIGNALS);
		struct otlp_verdict verdict;

		request.len = 0;
		make_request(signal, seed, seed % 2, &request);
		verdict = otlp_check(signal, guard_put(bytes_slice(&request)));
		assert_true(verdict.valid);
		assert_false(verdict.alone);
		items += verdict.items;
		for (at = 0; at <= verdict.items; at += 1 + verdict.items / 4)
			try_request(signal, guard_put(bytes_slice(&request)), at);
	}
	assert_true(items > 5000);
	bytes_free(&request);
}

/* Valid is what ends between two fields of the request itself. */
static void test_every_cut(void **state)
{
	struct bytes request = {0};
	int signal;

	(void)state;
	for (signal = 0; signal < OTLP_SIGNALS; signal++) {
		struct pb_reader r;
		struct pb_field field;
		size_t cut, edge = 0;

		request.len = 0;
		make_request((enum otlp_signal)signal, 12, true, &request);
		r = pb_read(bytes_slice(&request));
		for (cut = 0; cut <= request.len; cut++) {
			struct slice part = guard_put(slice_of(request.data, cut));

			assert_int_equal(otlp_check((enum otlp_signal)signal, part).valid,
					 cut == edge);
			try_request((enum otlp_signal)signal, part, 1);
			if (cut == edge && pb_next(&r, &field))
				edge += field.whole.len;
		}
		assert_int_equal(edge, request.len);
	}
	bytes_free(&request);
}

/* Nearly valid: a byte or two changed. */
static void test_damaged(void **state)
{
	struct bytes request = {0};
	struct maker m = {.seed = 1};
	unsigned i, valid = 0;

	(void)state;
	for (i = 0; i < 6000; i++) {
		enum otlp_signal signal = (enum otlp_signal)(i % OTLP_SIGNALS);
		unsigned k;

		request.len = 0;
		make_request(signal, i / 50, i % 2, &request);
		for (k = 0; k < 1 + i % 3 && request.len > 0; k++)
			request.data[make_random(&m, (unsigned)request.len)] ^=
				(uint8_t)(1u << make_random(&m, 8));
		valid += otlp_check(signal, bytes_slice(&request)).valid;
		try_request(signal, guard_put(bytes_slice(&request)), make_random(&m, 8));
	}
	/* Both ways were gone. */
	assert_in_range(valid, 500, 5500);
	bytes_free(&request);
}

static void test_regressions(void **state)
{
	uint8_t data[1 << 16];
	glob_t found;
	size_t i;

	(void)state;
	assert_int_equal(glob(REGRESS "/otlp-*", 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++) {
		FILE *file = fopen(found.gl_pathv[i], "rb");
		size_t len;

		assert_non_null(file);
		len = fread(data, 1, sizeof(data), file);
		assert_true(len > 0 && feof(file));
		fclose(file);
		LLVMFuzzerTestOneInput(guard_put(slice_of(data, len)).data, len);
	}
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_requests),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_regressions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
