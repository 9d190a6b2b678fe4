/* SPDX-License-Identifier: Apache-2.0 */
/* A probe that is cut because nobody waits for it (circuit_cut), and what that means to a backend
 * which is slower than the handlers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/circuit.h"
#include "policy/retry.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define AT (1000 * NS_PER_S)
#define MS(n) ((struct now){.mono = AT + (n)*NS_PER_MS})

static void assert_circuit(const struct circuit *is, unsigned failures, int64_t retry_at,
			   unsigned spared, bool off)
{
	assert_int_equal(is->failures, failures);
	assert_true(is->retry_at == retry_at);
	assert_int_equal(is->spared, spared);
	assert_int_equal(is->off, off);
}

/* The pause begins anew, and is a longer one; how soon an invocation is held is as before. */
static void test_cut(void **state)
{
	static const struct {
		struct circuit before;
		unsigned attempts; /* the next one's number */
	} cases[] = {
		{{.failures = 1, .retry_at = AT}, 3},
		{{.failures = 1, .retry_at = AT, .spared = 3}, 3},
		{{.failures = 1, .cuts = 4, .retry_at = AT, .spared = 4}, 7},
		{{.failures = 2, .retry_at = AT, .spared = 8}, 4},
		{{.failures = 9, .retry_at = AT + 90 * NS_PER_S, .spared = 1}, 11},
		{{.failures = UINT32_MAX, .retry_at = AT, .spared = UINT32_MAX}, UINT32_MAX},
		{{.failures = 1, .cuts = UINT32_MAX, .retry_at = AT}, UINT32_MAX},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct circuit circuit = cases[i].before;

		circuit_cut(&circuit, MS(10), 500 * NS_PER_MS);
		assert_circuit(&circuit, cases[i].before.failures, AT + 510 * NS_PER_MS,
			       cases[i].before.spared, false);
		assert_int_equal(circuit_attempts(&circuit), cases[i].attempts);
		assert_false(circuit_admits(&circuit, MS(509)));
		assert_true(circuit_admits(&circuit, MS(510)));
	}
}

/* What has not failed does not by being cut, and what is off stays so. */
static void test_cut_without_a_failure(void **state)
{
	struct circuit closed = {0}, off = {.off = true}, failed_off = {.failures = 1, .off = true};

	(void)state;
	circuit_cut(&closed, MS(0), NS_PER_S);
	assert_circuit(&closed, 0, 0, 0, false);
	assert_true(circuit_admits(&closed, MS(0)) && circuit_holds(&closed));
	circuit_cut(&off, MS(0), NS_PER_S);
	assert_circuit(&off, 0, 0, 0, true);
	circuit_cut(&failed_off, MS(0), NS_PER_S);
	assert_false(circuit_admits(&failed_off, MS(1000)));
	assert_false(circuit_holds(&failed_off));
}

/* A backend slower than any handler and the budget. As the exporter does it: a probe goes out
 * during the handler where the circuit admits it, with the oldest data, and is cut with the
 * invocation that is not held for it. How many times does the backend get that? */
static const struct {
	int64_t gap_ms;
	const char *letters; /* `H` held, `p` a probe that was cut, `.` neither */
} slow[] = {
	/* One behind the other, the pauses are what counts: 1/4, 1/2, 1, 2, 4, 8, 16, 30 s. */
	{1, "H............H........................H."},
	{500, "Hpp.p...H.......p...............H......."},
	/* Far apart there is a probe in each: the backend has hours for it. */
	{3600000, "HppppHppppppppHppppppppHppppppppHppppppp"},
};

static void invoke_slow(struct circuit *circuit, struct now *now, char *letter)
{
	int64_t pause = retry_pause(0, circuit_attempts(circuit), UINT32_MAX);
	bool sent = circuit_admits(circuit, *now), held = circuit_holds(circuit);

	now->mono += 20 * NS_PER_MS; /* the handler */
	*letter = sent && held ? 'H' : sent ? 'p' : '.';
	if (sent && held) {
		now->mono += 300 * NS_PER_MS; /* the budget */
		circuit_failed(circuit, *now, pause);
		return;
	}
	if (sent)
		circuit_cut(circuit, *now, pause);
	circuit_spared(circuit);
}

static void test_slower_than_all(void **state)
{
	size_t i, n;

	(void)state;
	for (i = 0; i < LENGTH(slow); i++) {
		struct circuit circuit = {0};
		struct now now = MS(0);
		char letters[41] = {0};

		for (n = 0; n < 40; n++) {
			invoke_slow(&circuit, &now, &letters[n]);
			now.mono += slow[i].gap_ms * NS_PER_MS;
		}
		assert_string_equal(letters, slow[i].letters);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_without_a_failure),
		cmocka_unit_test(test_slower_than_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
