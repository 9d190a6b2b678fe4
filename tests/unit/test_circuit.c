/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/circuit.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define AT (1000 * NS_PER_S)
#define MS(n) ((struct now){.mono = AT + (n)*NS_PER_MS})

/* ---- Cell by cell: what stands in it, and what it answers ---- */

static const struct {
	struct circuit circuit;
	int64_t ms; /* from AT; the circuits open until 250 */
	bool admits, holds;
} cells[] = {
	{{0}, 0, true, true},
	{{.failures = 1, .retry_at = AT + 250 * NS_PER_MS}, 0, false, false},
	{{.failures = 1, .retry_at = AT + 250 * NS_PER_MS}, 249, false, false},
	{{.failures = 1, .retry_at = AT + 250 * NS_PER_MS}, 250, true, false},
	{{.failures = 1, .retry_at = AT + 250 * NS_PER_MS, .spared = 3}, 251, true, false},
	{{.failures = 1, .retry_at = AT + 250 * NS_PER_MS, .spared = 4}, 251, true, true},
	{{.failures = 1, .retry_at = AT + 250 * NS_PER_MS, .spared = 4}, 249, false, true},
	{{.failures = 1, .retry_at = AT + 250 * NS_PER_MS, .spared = 5}, 251, true, true},
	{{.failures = 2, .retry_at = AT + 250 * NS_PER_MS, .spared = 4}, 251, true, false},
	{{.failures = 2, .retry_at = AT + 250 * NS_PER_MS, .spared = 7}, 251, true, false},
	{{.failures = 2, .retry_at = AT + 250 * NS_PER_MS, .spared = 8}, 251, true, true},
	{{.failures = 99, .retry_at = AT + 250 * NS_PER_MS, .spared = 7}, 251, true, false},
	{{.failures = 99, .retry_at = AT + 250 * NS_PER_MS, .spared = 8}, 251, true, true},
	{{.failures = UINT32_MAX, .retry_at = AT + 250 * NS_PER_MS, .spared = UINT32_MAX},
	 251,
	 true,
	 true},
	{{.off = true}, 0, false, false},
	{{.failures = 1, .retry_at = AT, .spared = 4, .off = true}, 251, false, false},
	{{.failures = 2, .retry_at = AT, .spared = 8, .off = true}, 251, false, false},
};

static void test_cells(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cells); i++) {
		if (circuit_admits(&cells[i].circuit, MS(cells[i].ms)) != cells[i].admits ||
		    circuit_holds(&cells[i].circuit) != cells[i].holds)
			fail_msg("cell %zu", i);
	}
}

/* ---- Every event in every kind of state ---- */

static void assert_circuit(const struct circuit *is, unsigned failures, int64_t retry_at,
			   unsigned spared, bool off)
{
	assert_int_equal(is->failures, failures);
	assert_true(is->retry_at == retry_at);
	assert_int_equal(is->spared, spared);
	assert_int_equal(is->off, off);
}

static void test_closed(void **state)
{
	struct circuit circuit = {0};

	(void)state;
	circuit_answered(&circuit);
	assert_circuit(&circuit, 0, 0, 0, false);
	/* There is nothing to make up for. */
	circuit_spared(&circuit);
	assert_circuit(&circuit, 0, 0, 0, false);
	circuit_failed(&circuit, MS(0), 250 * NS_PER_MS);
	assert_circuit(&circuit, 1, AT + 250 * NS_PER_MS, 0, false);
}

static void test_open(void **state)
{
	struct circuit circuit = {0};

	(void)state;
	circuit_failed(&circuit, MS(0), 250 * NS_PER_MS);
	circuit_spared(&circuit);
	circuit_spared(&circuit);
	assert_circuit(&circuit, 1, AT + 250 * NS_PER_MS, 2, false);
	/* The count starts anew, as does the pause. */
	circuit_failed(&circuit, MS(300), 500 * NS_PER_MS);
	assert_circuit(&circuit, 2, AT + 800 * NS_PER_MS, 0, false);
	circuit_spared(&circuit);
	circuit_answered(&circuit);
	assert_circuit(&circuit, 0, 0, 0, false);
	/* The next failure is a first one. */
	circuit_failed(&circuit, MS(900), 250 * NS_PER_MS);
	assert_circuit(&circuit, 1, AT + 1150 * NS_PER_MS, 0, false);
}

/* For good, whatever comes in for what was under way. */
static void test_off(void **state)
{
	struct circuit circuit = {.off = true};

	(void)state;
	circuit_answered(&circuit);
	assert_true(circuit.off);
	circuit_failed(&circuit, MS(0), 0);
	circuit_spared(&circuit);
	assert_true(circuit.off);
	circuit_answered(&circuit);
	assert_circuit(&circuit, 0, 0, 0, true);
	assert_false(circuit_admits(&circuit, MS(1000)));
	assert_false(circuit_holds(&circuit));
}

static void test_ends_of_the_numbers(void **state)
{
	struct circuit circuit = {.failures = UINT32_MAX, .spared = UINT32_MAX};

	(void)state;
	circuit_spared(&circuit);
	assert_int_equal(circuit.spared, UINT32_MAX);
	circuit_failed(&circuit, (struct now){.mono = INT64_MAX - 1}, NS_PER_S);
	assert_circuit(&circuit, UINT32_MAX, INT64_MAX, 0, false);
}

/* ---- What the invocations of a function feel ---- */

enum backend { HANGS, ANSWERS };

/* One letter an invocation that has something to send: `H` held for a request, `.` not. As the
 * exporter does it: held where the circuit admits a request and holds for it. */
static void invoke(struct circuit *circuit, struct now *now, enum backend backend, int64_t pause,
		   char *letter)
{
	*letter = '.';
	if (!circuit_admits(circuit, *now) || !circuit_holds(circuit)) {
		circuit_spared(circuit);
		return;
	}
	*letter = 'H';
	now->mono += 300 * NS_PER_MS; /* the budget */
	if (backend == HANGS)
		circuit_failed(circuit, *now, pause);
	else
		circuit_answered(circuit);
}

static unsigned count_held(const char *letters)
{
	unsigned held = 0;

	for (; *letters; letters++)
		held += *letters == 'H';
	return held;
}

/* A backend that hangs for 40 invocations and then answers, by how far those are apart. */
static const struct {
	int64_t gap_ms, pause_ms;
	const char *letters;
} sequences[] = {
	/* Far apart: the pauses have always passed. */
	{3600000, 30000,
	 "H....H........H........H........H......."
	 ".HHHHH"},
	{60000, 250,
	 "H....H........H........H........H......."
	 ".HHHHH"},
	/* One behind the other: the pause is longer than those that are spared. */
	{100, 1000,
	 "H.........H.........H.........H........."
	 "HHHHHH"},
	{1, 30000,
	 "H......................................."
	 "......"},
};

static void test_sequences(void **state)
{
	size_t i, n;

	(void)state;
	for (i = 0; i < LENGTH(sequences); i++) {
		struct circuit circuit = {0};
		struct now now = MS(0);
		char letters[47] = {0};

		for (n = 0; n < 46; n++) {
			invoke(&circuit, &now, n < 40 ? HANGS : ANSWERS,
			       sequences[i].pause_ms * NS_PER_MS, &letters[n]);
			now.mono += sequences[i].gap_ms * NS_PER_MS;
		}
		assert_string_equal(letters, sequences[i].letters);
		/* Sorted by how long they were held, the one in the middle was not at all. */
		letters[40] = '\0';
		assert_true(count_held(letters) < 20);
	}
}

/* That holds from the third invocation on, wherever the backend's bad time ends. */
static void test_median(void **state)
{
	struct circuit circuit = {0};
	struct now now = MS(0);
	char letters[1001] = {0};
	size_t n;

	(void)state;
	for (n = 0; n < 1000; n++) {
		invoke(&circuit, &now, HANGS, 30 * NS_PER_S, &letters[n]);
		now.mono += 60 * NS_PER_S;
		if (n >= 2)
			assert_true(count_held(letters) * 2 < n + 1);
	}
	assert_in_range(count_held(letters), 110, 114);
}

/* A backend that comes back is noticed by the first that is held for it. */
static void test_recovers(void **state)
{
	struct circuit circuit = {0};
	struct now now = MS(0);
	char letters[21] = {0};
	size_t n;

	(void)state;
	for (n = 0; n < 20; n++) {
		invoke(&circuit, &now, n == 0 ? HANGS : ANSWERS, NS_PER_S / 4, &letters[n]);
		now.mono += 60 * NS_PER_S;
	}
	assert_string_equal(letters, "H....HHHHHHHHHHHHHHH");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),     cmocka_unit_test(test_closed),
		cmocka_unit_test(test_open),      cmocka_unit_test(test_off),
		cmocka_unit_test(test_sequences), cmocka_unit_test(test_ends_of_the_numbers),
		cmocka_unit_test(test_median),    cmocka_unit_test(test_recovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
