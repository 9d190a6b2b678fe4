/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "policy/ledger.h"

static void test_reasons(void **state)
{
	/* Stable: people filter by them. */
	static const struct {
		enum drop_reason reason;
		const char *name;
	} cases[] = {
		{DROP_NO_DESTINATION, "no_destination"},
		{DROP_BUFFER_FULL, "buffer_full"},
		{DROP_REFUSED, "refused"},
		{DROP_SHUTDOWN, "shutdown"},
		{DROP_NO_MEMORY, "no_memory"},
	};
	size_t i;

	(void)state;
	assert_int_equal(sizeof cases / sizeof cases[0], DROP_REASONS);
	for (i = 0; i < DROP_REASONS; i++)
		assert_string_equal(ledger_reason(cases[i].reason), cases[i].name);
}

static void test_closes(void **state)
{
	struct ledger_account account = {.received = 100, .exported = 60};
	unsigned r;

	(void)state;
	for (r = 0; r < DROP_REASONS; r++)
		account.dropped[r] = r + 1;
	assert_int_equal(ledger_dropped(&account), 15);
	assert_true(ledger_closes(&account, 25));
	assert_false(ledger_closes(&account, 24));
	assert_false(ledger_closes(&account, 26));
	for (r = 0; r < DROP_REASONS; r++) {
		account.dropped[r]++;
		assert_false(ledger_closes(&account, 25));
		account.dropped[r]--;
	}
	assert_true(ledger_closes(&(struct ledger_account){0}, 0));
}

static void test_line(void **state)
{
	struct ledger_account account[OTLP_SIGNALS] = {
		[OTLP_TRACES] = {.received = 12, .exported = 7, .dropped = {[DROP_REFUSED] = 3}},
		[OTLP_METRICS] = {.received = UINT64_MAX,
				  .dropped = {1, 2, 3, 4, UINT64_C(18446744073709551605)}},
	};
	uint64_t held[OTLP_SIGNALS] = {2, 0, 0};
	struct bytes line = {0};
	json_t *json;

	(void)state;
	ledger_line(account, held, &line);
	assert_string_equal(
		bytes_cstr(&line),
		"{\"lull.ledger\":{"
		"\"traces\":{\"received\":12,\"exported\":7,\"held\":2,\"dropped\":{\"refused\":3}},"
		"\"logs\":{\"received\":0,\"exported\":0,\"held\":0,\"dropped\":{}},"
		"\"metrics\":{\"received\":18446744073709551615,\"exported\":0,\"held\":0,\"dropped\":{"
		"\"no_destination\":1,\"buffer_full\":2,\"refused\":3,\"shutdown\":4,"
		"\"no_memory\":18446744073709551605}}}}");
	/* JSON, for whoever reads numbers that large. */
	json = json_loads(bytes_cstr(&line), JSON_DECODE_INT_AS_REAL, NULL);
	assert_non_null(json);
	json_decref(json);
	bytes_free(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_closes),
		cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
