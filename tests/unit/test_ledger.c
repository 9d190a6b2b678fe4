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
		{DROP_TURNED_OFF, "turned_off"},
		{DROP_CRASH, "crash"},
		{DROP_SPOOL, "spool"},
		{DROP_DISABLED, "disabled"},
		{DROP_FILTERED, "filtered"},
		{DROP_OWN, "own"},
	};
	size_t i;

	(void)state;
	assert_int_equal(sizeof cases / sizeof cases[0], DROP_REASONS);
	for (i = 0; i < DROP_REASONS; i++)
		assert_string_equal(ledger_reason(cases[i].reason), cases[i].name);
}

static void test_closes(void **state)
{
	struct ledger_account account = {.received = 130,
					 .inherited = 30,
					 .exported = 60,
					 .spooled = 9};
	uint64_t *const plus[] = {&account.received, &account.inherited};
	uint64_t *const minus[] = {&account.exported, &account.spooled};
	unsigned r;

	(void)state;
	for (r = 0; r < DROP_REASONS; r++)
		account.dropped[r] = r + 1;
	assert_int_equal(ledger_dropped(&account), 66);
	assert_true(ledger_closes(&account, 25));
	assert_false(ledger_closes(&account, 24));
	assert_false(ledger_closes(&account, 26));
	for (r = 0; r < DROP_REASONS; r++) {
		account.dropped[r]++;
		assert_false(ledger_closes(&account, 25));
		account.dropped[r]--;
	}
	for (r = 0; r < 2; r++) {
		++*plus[r];
		assert_true(ledger_closes(&account, 26));
		++*minus[r];
		assert_true(ledger_closes(&account, 25));
	}
	/* Beside the books. */
	account.possible_duplicates = 1000;
	assert_true(ledger_closes(&account, 25));
	assert_true(ledger_closes(&(struct ledger_account){0}, 0));
}

/* What was not to be exported, or what nobody misses, is no loss: it raises no alarm. */
static void test_lost(void **state)
{
	(void)state;
	for (unsigned r = 0; r < DROP_REASONS; r++) {
		struct ledger_account account = {.dropped = {[DROP_REFUSED] = 1}};
		bool meant = r == DROP_DISABLED || r == DROP_FILTERED || r == DROP_OWN;

		account.dropped[r] += 3;
		assert_int_equal(ledger_dropped(&account), 4);
		assert_int_equal(ledger_lost(&account), meant ? 1 : 4);
	}
}

static void assert_lines(const struct ledger_books *books, size_t count, const char *expected)
{
	struct bytes line = {0};
	json_t *json;

	ledger_line(books, count, &line);
	assert_string_equal(bytes_cstr(&line), expected);
	/* JSON, for whoever reads numbers that large. */
	json = json_loads(bytes_cstr(&line), JSON_DECODE_INT_AS_REAL, NULL);
	assert_non_null(json);
	json_decref(json);
	bytes_free(&line);
}

static void assert_line(const struct ledger_account account[static OTLP_SIGNALS],
			const uint64_t held[static OTLP_SIGNALS], const char *expected)
{
	struct ledger_books books = {NULL, account, held};

	assert_lines(&books, 1, expected);
	/* The line of a single one does not change with its name. */
	books.destination = "vendor";
	assert_lines(&books, 1, expected);
}

static void test_line(void **state)
{
	struct ledger_account account[OTLP_SIGNALS] = {
		[OTLP_TRACES] = {.received = 12, .exported = 7, .dropped = {[DROP_REFUSED] = 3}},
		[OTLP_METRICS] = {.received = UINT64_MAX,
				  .dropped = {1, 2, 3, 4, UINT64_C(18446744073709551579), 5, 6, 7,
					      8}},
	};
	uint64_t held[OTLP_SIGNALS] = {2, 0, 0};

	(void)state;
	assert_line(
		account, held,
		"{\"lull_ledger\":{\"received\":11,\"exported\":7,\"dropped\":2,\"lost\":18446744073709551610,"
		"\"traces\":{\"received\":12,\"exported\":7,\"held\":2,\"dropped\":{\"refused\":3}},"
		"\"logs\":{\"received\":0,\"exported\":0,\"held\":0,\"dropped\":{}},"
		"\"metrics\":{\"received\":18446744073709551615,\"exported\":0,\"held\":0,\"dropped\":{"
		"\"no_destination\":1,\"buffer_full\":2,\"refused\":3,\"shutdown\":4,"
		"\"no_memory\":18446744073709551579,\"turned_off\":5,\"crash\":6,\"spool\":7,"
		"\"disabled\":8}}}}");
}

/* The first three are over all of them: each has its own copy of the items. */
static void test_line_of_several(void **state)
{
	const struct ledger_account vendor[OTLP_SIGNALS] = {
		[OTLP_TRACES] = {.received = 12, .exported = 7, .dropped = {[DROP_REFUSED] = 3}}};
	const struct ledger_account own[OTLP_SIGNALS] = {[OTLP_TRACES] = {.received = 12,
									  .exported = 12},
							 [OTLP_LOGS] = {.received = 4,
									.spooled = 4}};
	const uint64_t held[] = {2, 0, 0}, none[] = {0, 0, 0};
	const struct ledger_books books[] = {{"vendor", vendor, held}, {"own", own, none}};

	(void)state;
	assert_lines(
		books, 2,
		"{\"lull_ledger\":{\"received\":28,\"exported\":19,\"dropped\":3,\"lost\":3,\"destinations\":{"
		"\"vendor\":{"
		"\"traces\":{\"received\":12,\"exported\":7,\"held\":2,\"dropped\":{\"refused\":3}},"
		"\"logs\":{\"received\":0,\"exported\":0,\"held\":0,\"dropped\":{}},"
		"\"metrics\":{\"received\":0,\"exported\":0,\"held\":0,\"dropped\":{}}},"
		"\"own\":{"
		"\"traces\":{\"received\":12,\"exported\":12,\"held\":0,\"dropped\":{}},"
		"\"logs\":{\"received\":4,\"exported\":0,\"held\":0,\"spooled\":4,\"dropped\":{}},"
		"\"metrics\":{\"received\":0,\"exported\":0,\"held\":0,\"dropped\":{}}}}}}");
}

/* What is mostly 0 is there where it is not. */
static void test_rare_fields(void **state)
{
	struct ledger_account account[OTLP_SIGNALS] = {
		[OTLP_TRACES] = {.received = 12, .inherited = 5, .exported = 17},
		[OTLP_LOGS] = {.received = 3, .spooled = 3},
		[OTLP_METRICS] = {.received = 9,
				  .inherited = 1,
				  .exported = 4,
				  .spooled = 2,
				  .possible_duplicates = 4,
				  .dropped = {[DROP_CRASH] = 1}},
	};
	uint64_t held[OTLP_SIGNALS] = {0, 0, 3};

	(void)state;
	assert_line(
		account, held,
		"{\"lull_ledger\":{\"received\":24,\"exported\":21,\"dropped\":1,\"lost\":1,"
		"\"traces\":{\"received\":12,\"inherited\":5,\"exported\":17,\"held\":0,"
		"\"dropped\":{}},"
		"\"logs\":{\"received\":3,\"exported\":0,\"held\":0,\"spooled\":3,\"dropped\":{}},"
		"\"metrics\":{\"received\":9,\"inherited\":1,\"exported\":4,\"held\":3,"
		"\"spooled\":2,\"possible_duplicates\":4,\"dropped\":{\"crash\":1}}}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_closes),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_line_of_several),
		cmocka_unit_test(test_rare_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
