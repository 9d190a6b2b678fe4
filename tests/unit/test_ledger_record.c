/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libdeflate.h>

#include "guard.h"
#include "record_books.h"
#include "short_memory.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MOST ((UINT64_C(1) << 48) - 1)

static void assert_account(const struct ledger_account *is, const struct ledger_account *expected,
			   const char *name)
{
	if (memcmp(is, expected, sizeof *is) != 0)
		fail_msg("%s", name);
}

/* ---- The rules, one by one ---- */

static const struct ledger_account nothing;

static const struct {
	const char *name;
	bool closed;
	struct ledger_account old;
	uint64_t found;
	struct ledger_account expected;
} rules[] = {
	{"killed, all settled",
	 false,
	 {.received = 10, .exported = 10},
	 0,
	 {.received = 10, .exported = 10}},
	{"killed with items in memory",
	 false,
	 {.received = 10, .exported = 4},
	 0,
	 {.received = 10, .exported = 4, .dropped = {[DROP_CRASH] = 6}}},
	{"killed with items in memory and in files",
	 false,
	 {.received = 10, .exported = 4, .spooled = 1},
	 5,
	 {.received = 10, .exported = 4, .spooled = 5, .dropped = {[DROP_CRASH] = 1}}},
	{"killed with all in files",
	 false,
	 {.received = 10, .inherited = 3, .exported = 4, .spooled = 9},
	 9,
	 {.received = 10, .inherited = 3, .exported = 4, .spooled = 9}},
	{"killed after a crash before",
	 false,
	 {.received = 20,
	  .inherited = 5,
	  .exported = 10,
	  .possible_duplicates = 2,
	  .dropped = {[DROP_CRASH] = 6, [DROP_REFUSED] = 1, [DROP_SPOOL] = 1}},
	 3,
	 {.received = 20,
	  .inherited = 5,
	  .exported = 10,
	  .spooled = 3,
	  .possible_duplicates = 2,
	  .dropped = {[DROP_CRASH] = 10, [DROP_REFUSED] = 1, [DROP_SPOOL] = 1}}},
	{"killed between the export of a file and its end",
	 false,
	 {.received = 10, .exported = 8, .spooled = 2},
	 5,
	 {.received = 10, .inherited = 3, .exported = 8, .spooled = 5}},
	{"killed, books that cannot be",
	 false,
	 {.received = 10, .exported = 11, .possible_duplicates = 1},
	 4,
	 {.inherited = 4, .spooled = 4}},
	{"closed, nothing left", true, {.received = 10, .exported = 10}, 0, {0}},
	{"closed with items in files",
	 true,
	 {.received = 10, .exported = 4, .spooled = 5, .dropped = {[DROP_SHUTDOWN] = 1}},
	 5,
	 {.inherited = 5, .spooled = 5}},
	{"closed, and files are gone",
	 true,
	 {.received = 10, .exported = 4, .spooled = 6, .possible_duplicates = 4},
	 2,
	 {.inherited = 6, .spooled = 2, .dropped = {[DROP_SPOOL] = 4}}},
	{"closed, and files came",
	 true,
	 {.received = 10, .exported = 4, .spooled = 6},
	 8,
	 {.inherited = 8, .spooled = 8}},
	{"closed after it was not",
	 true,
	 {.received = 10, .exported = 4, .dropped = {[DROP_CRASH] = 6}},
	 0,
	 {0}},
};

/* Each at each place: the destinations and signals around it have nothing to do with it. */
static void test_rules(void **state)
{
	size_t i, at;

	(void)state;
	for (i = 0; i < LENGTH(rules); i++) {
		for (at = 0; at < (size_t)LEDGER_BOOKS * OTLP_SIGNALS; at++) {
			uint64_t found[LEDGER_BOOKS][OTLP_SIGNALS] = {{0}};
			size_t d = at / OTLP_SIGNALS, s = at % OTLP_SIGNALS, k;
			struct books books = {0};
			struct bytes record = {0};

			books.account[d][s] = rules[i].old;
			found[d][s] = rules[i].found;
			write_books(&books, LEDGER_BOOKS, rules[i].closed, &record);
			assert_int_equal(adopt_books(guard_put(bytes_slice(&record)), found,
						     LEDGER_BOOKS, &books),
					 rules[i].closed ? LEDGER_CLOSED : LEDGER_KILLED);
			for (k = 0; k < (size_t)LEDGER_BOOKS * OTLP_SIGNALS; k++)
				assert_account(&books.account[k / OTLP_SIGNALS][k % OTLP_SIGNALS],
					       k == at ? &rules[i].expected : &nothing,
					       rules[i].name);
			assert_true(ledger_closes(&books.account[d][s], 0));
			bytes_free(&record);
		}
	}
}

/* ---- What is no record ---- */

static const uint64_t some_found[2][OTLP_SIGNALS] = {{1, 0, 3}, {0, 5, 6}};

static void assert_unknown(struct slice record)
{
	struct books books;
	size_t d, s;

	assert_int_equal(adopt_books(guard_put(record), some_found, 2, &books), LEDGER_UNKNOWN);
	for (d = 0; d < 2; d++) {
		for (s = 0; s < OTLP_SIGNALS; s++) {
			struct ledger_account expected = {.inherited = some_found[d][s],
							  .spooled = some_found[d][s]};

			assert_account(&books.account[d][s], &expected, "unknown");
		}
	}
}

static struct bytes some_record(size_t count, bool closed)
{
	struct books books = {.account = {{{.received = 1000, .exported = 900, .spooled = 50}}}};
	struct bytes record = {0};

	write_books(&books, count, closed, &record);
	assert_false(record.failed);
	return record;
}

static void test_torn(void **state)
{
	struct bytes record = some_record(2, false);
	size_t len;

	(void)state;
	assert_unknown((struct slice){0});
	for (len = 0; len < record.len; len++)
		assert_unknown(slice_of(record.data, len));
	bytes_free(&record);
}

static void test_every_bit_matters(void **state)
{
	struct bytes record = some_record(2, true);
	size_t i;

	(void)state;
	for (i = 0; i < record.len * 8; i++) {
		record.data[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_unknown(bytes_slice(&record));
		record.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	bytes_free(&record);
}

/* Made to be right but for one byte of the head. */
static void test_foreign(void **state)
{
	size_t at;
	unsigned value;

	(void)state;
	for (at = 0; at < 8; at++) {
		struct bytes record = some_record(2, false);
		uint8_t right = record.data[at];

		for (value = 0; value < 256; value++) {
			struct slice books = slice_of(record.data, record.len - 4);
			uint32_t crc;
			struct books adopted;

			record.data[at] = (uint8_t)value;
			crc = libdeflate_crc32(0, books.data, books.len);
			memcpy(record.data + books.len, &crc, sizeof crc);
			if (value != right && (at != 5 || value != 1))
				assert_unknown(bytes_slice(&record));
			else
				assert_int_not_equal(adopt_books(bytes_slice(&record), some_found,
								 2, &adopted),
						     LEDGER_UNKNOWN);
		}
		bytes_free(&record);
	}
}

/* ---- Other destinations than in the life before ---- */

/* Books are told by their keys, wherever they stand; those without a successor are the last's. */
static void test_other_destinations(void **state)
{
	struct ledger_account before[4][OTLP_SIGNALS] = {
		{{.received = 10, .exported = 7}},
		{{.received = 200, .exported = 150}},
		{{.received = 3000, .exported = 2000}},
		{{.received = 4, .dropped = {[DROP_DISABLED] = 4}}},
	};
	const struct ledger_book old[] = {{11, before[0]},
					  {22, before[1]},
					  {33, before[2]},
					  {99, before[3]}};
	struct ledger_account after[3][OTLP_SIGNALS];
	const struct ledger_book new[] = {{44, after[0]}, {22, after[1]}, {99, after[2]}};
	const uint64_t found[][OTLP_SIGNALS] = {{5}, {20}, {600}};
	static const struct ledger_account expected[] = {
		{.inherited = 5, .spooled = 5},
		{.received = 200, .exported = 150, .spooled = 20, .dropped = {[DROP_CRASH] = 30}},
		{.received = 3014,
		 .exported = 2007,
		 .spooled = 600,
		 .dropped = {[DROP_CRASH] = 403, [DROP_DISABLED] = 4}},
	};
	struct bytes record = {0};
	uint64_t lost;
	size_t d;

	(void)state;
	ledger_record_write(old, 4, false, &record);
	assert_int_equal(ledger_adopt(guard_put(bytes_slice(&record)), found, new, 3, &lost),
			 LEDGER_KILLED);
	for (d = 0; d < 3; d++) {
		assert_account(&after[d][0], &expected[d], "other destinations");
		assert_account(&after[d][1], &nothing, "other destinations");
	}
	assert_int_equal(lost, 433);
	bytes_free(&record);
}

/* The file may be longer than what was written over its start. */
static void test_rest_is_ignored(void **state)
{
	struct bytes record = some_record(2, false);
	struct books books;

	(void)state;
	bytes_append(&record, "what stood there before", 23);
	assert_int_equal(adopt_books(bytes_slice(&record), some_found, 2, &books), LEDGER_KILLED);
	assert_int_equal(books.account[0][0].received, 1000);
	assert_int_equal(books.account[0][0].dropped[DROP_CRASH], 99);
	bytes_free(&record);
}

/* ---- Size and memory ---- */

static void test_length(void **state)
{
	struct books large, back;
	uint64_t found[LEDGER_BOOKS][OTLP_SIGNALS] = {{0}};
	size_t count, last = 0;

	(void)state;
	memset(&large, 0xff, sizeof large);
	for (count = 1; count <= LEDGER_BOOKS; count++) {
		struct bytes record = {0}, zeros = {0};

		write_books(&large, count, true, &record);
		write_books(&(struct books){0}, count, false, &zeros);
		assert_int_equal(record.len, zeros.len);
		assert_true(record.len > last && record.len <= LEDGER_RECORD_LONGEST);
		last = record.len;
		assert_int_equal(adopt_books(bytes_slice(&record), found, count, &back),
				 LEDGER_CLOSED);
		assert_true(back.account[count - 1][2].inherited == MOST);
		bytes_free(&record);
		bytes_free(&zeros);
	}
}

/* Behind what is there already, and nothing but a flag where memory is short. */
static void test_appends(void **state)
{
	struct bytes out = {0};
	struct books books = {0};

	(void)state;
	bytes_append(&out, "before", 6);
	write_books(&books, 2, false, &out);
	assert_int_equal(adopt_books(slice_of(out.data + 6, out.len - 6), some_found, 2, &books),
			 LEDGER_KILLED);
	bytes_free(&out);
	short_memory_at = 1;
	write_books(&books, 2, false, &out);
	assert_true(out.failed);
	assert_int_equal(out.len, 0);
	short_memory_at = 0;
	bytes_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_every_bit_matters),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_other_destinations),
		cmocka_unit_test(test_rest_is_ignored),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_appends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
