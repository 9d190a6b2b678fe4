/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "numbered.h"
#include "short_memory.h"

#include "../fuzz/fuzz_spool.c"

static size_t held;

/* A file of `count` messages of `items` items each. */
static struct bytes make(enum otlp_signal signal, size_t count, size_t items, bool odd)
{
	struct spool_batch batch = {.number = 0x0123456789abcdef,
				    .key = 0xfedcba98,
				    .destination = 3,
				    .signal = signal,
				    .maybe_sent = true};
	struct payload_list members = {0};
	struct bytes file = {0};

	for (size_t i = 0; i < count; i++) {
		struct bytes message = {0};
		struct payload *p;

		numbered_request(signal, i, items, odd ? i * 3 : 0, odd ? i : 0, &message);
		p = payload_new(signal, &message, items, 0, &held);
		assert_true(p && payload_list_push(&members, p));
		p->alone = odd && i % 2;
		p->maybe_sent = odd && i % 3 ? 1U << 3 : 1U << 2;
	}
	spool_encode(&batch, &members, &file);
	for (size_t i = 0; i < count; i++)
		bytes_add(&file, bytes_slice(&payload_list_at(&members, i)->message));
	assert_false(file.failed);
	assert_int_equal(file.len, spool_file_size(&members));
	payload_list_free(&members);
	return file;
}

/* Makes it `value` and puts right what is computed of it. */
static void poke(struct bytes *file, size_t at, size_t size, uint64_t value)
{
	put_number(file->data + at, size, value);
	mend(2 | 4, file->data, file->len);
}

static void test_what_is_written_is_read(void **state)
{
	struct spool_head head;

	(void)state;
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		for (size_t count = 1; count < 20; count += 6) {
			struct bytes file = make((enum otlp_signal)s, count, count % 4 + 1, s % 2);
			struct slice whole = guard_put(bytes_slice(&file));

			assert_true(try_file(whole));
			assert_true(spool_head_read(slice_of(whole.data, SPOOL_HEAD), &head));
			assert_int_equal(head.batch.number, 0x0123456789abcdef);
			assert_int_equal(head.batch.key, 0xfedcba98);
			assert_int_equal(head.batch.destination, 0);
			assert_int_equal(head.batch.signal, s);
			assert_int_equal(head.batch.items, count * (count % 4 + 1));
			assert_int_equal(head.batch.bytes, file.len);
			assert_false(head.batch.maybe_sent);
			assert_int_equal(head.members, count);
			bytes_free(&file);
		}
}

/* Files of one version of lull are read by the next start of another. */
static void test_bytes(void **state)
{
	static const char expected[] = "lullspl2\xef\xcd\xab\x89\x67\x45\x23\x01\x01\0\0\0\0\0\0\0"
				       "\x4b\0\0\0\0\0\0\0\x98\xba\xdc\xfe\x01\0\0\0\x01\0\0\0";
	struct bytes file = make(OTLP_LOGS, 1, 1, false);

	(void)state;
	assert_int_equal(file.len, 75);
	assert_memory_equal(file.data, expected, 44);
	assert_memory_equal(file.data + SPOOL_HEAD, "\x0b\0\0\0\x01\0\0\0\0\0\0\0", 12);
	bytes_free(&file);
}

static void test_any_bit(void **state)
{
	struct bytes file = make(OTLP_TRACES, 3, 2, true);

	(void)state;
	for (size_t i = 0; i < file.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			file.data[i] ^= (uint8_t)(1U << bit);
			assert_false(try_file(guard_put(bytes_slice(&file))));
			file.data[i] ^= (uint8_t)(1U << bit);
		}
	assert_true(try_file(bytes_slice(&file)));
	bytes_free(&file);
}

static void test_any_length(void **state)
{
	struct bytes file = make(OTLP_METRICS, 3, 2, true);

	(void)state;
	for (size_t len = 0; len < file.len; len++)
		assert_false(try_file(guard_put(slice_of(file.data, len))));
	bytes_addc(&file, 0);
	assert_false(try_file(guard_put(bytes_slice(&file))));
	bytes_free(&file);
}

/* Every bit again, with checksums that are right: what is wrong is seen, or harmless. */
static void test_forged_bits(void **state)
{
	struct bytes file = make(OTLP_TRACES, 3, 2, true);

	(void)state;
	for (size_t i = 0; i < file.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct bytes copy = {0};

			bytes_add(&copy, bytes_slice(&file));
			copy.data[i] ^= (uint8_t)(1U << bit);
			mend(2 | 4, copy.data, copy.len);
			try_file(guard_put(bytes_slice(&copy)));
			bytes_free(&copy);
		}
	bytes_free(&file);
}

static void test_forged_values(void **state)
{
	static const struct {
		size_t at, size;
		uint64_t value;
	} lies[] = {
		{0, 1, 'L'},                /* magic */
		{8, 8, SPOOL_NUMBER_LIMIT}, /* number */
		{16, 8, 3},                 /* items: there are 4 */
		{16, 8, 1000},              /* more than fit */
		{16, 8, UINT64_MAX},
		{24, 8, 60}, /* bytes */
		{24, 8, UINT64_MAX},
		{36, 4, OTLP_SIGNALS}, /* signal */
		{36, 4, OTLP_METRICS}, /* another one */
		{40, 4, 0},            /* members */
		{40, 4, 1},
		{40, 4, UINT32_MAX},
		{SPOOL_HEAD, 4, 1}, /* length */
		{SPOOL_HEAD, 4, UINT32_MAX},
		{SPOOL_HEAD + 4, 4, 3},       /* items */
		{SPOOL_HEAD + 8, 4, 4},       /* flags */
		{SPOOL_HEAD + 24, 2, 0xffff}, /* a message */
	};

	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct bytes file = make(OTLP_LOGS, 2, 2, false);

		assert_true(try_file(bytes_slice(&file)));
		poke(&file, lies[i].at, lies[i].size, lies[i].value);
		assert_false(try_file(guard_put(bytes_slice(&file))));
		bytes_free(&file);
	}
}

/* The sums are right, and still no message is what its row says. */
static void test_items_of_another(void **state)
{
	struct bytes file = make(OTLP_LOGS, 2, 2, false);

	(void)state;
	put_number(file.data + SPOOL_HEAD + 4, 4, 1);
	poke(&file, SPOOL_HEAD + SPOOL_MEMBER + 4, 4, 3);
	assert_false(try_file(bytes_slice(&file)));
	bytes_free(&file);
}

static void test_head_says_too_much(void **state)
{
	struct bytes file = make(OTLP_LOGS, 1, 1, false);
	struct spool_head head = {.members = 99};
	struct slice start = slice_of(file.data, SPOOL_HEAD);

	(void)state;
	/* What no read of the file would show: it has those sizes, as a sparse one. */
	poke(&file, 24, 8, SPOOL_FILE_LIMIT + 1);
	assert_false(spool_head_read(start, &head));
	poke(&file, 24, 8, SPOOL_FILE_LIMIT);
	poke(&file, 16, 8, SPOOL_FILE_LIMIT);
	assert_false(spool_head_read(start, &head));
	poke(&file, 40, 4, SPOOL_FILE_LIMIT / SPOOL_MEMBER);
	assert_false(spool_head_read(start, &head));
	assert_int_equal(head.members, 99);
	poke(&file, 16, 8, 1);
	poke(&file, 40, 4, 1);
	assert_true(spool_head_read(start, &head));
	bytes_free(&file);
}

static void test_no_members(void **state)
{
	struct bytes file = make(OTLP_LOGS, 1, 1, false);
	struct spool_head head;

	(void)state;
	file.len = SPOOL_HEAD;
	poke(&file, 16, 8, 0);
	poke(&file, 24, 8, SPOOL_HEAD);
	poke(&file, 40, 4, 0);
	assert_false(spool_head_read(bytes_slice(&file), &head));
	bytes_free(&file);
}

static void test_no_message(void **state)
{
	struct spool_member member = {.items = 0};

	(void)state;
	assert_false(spool_message_fits(OTLP_LOGS, slice_str("\xff"), &member));
}

/* A message that would spoil those it is joined with is kept apart, whatever its row says. */
static void test_alone(void **state)
{
	struct spool_member member = {.items = 1};
	struct bytes message = {0};
	size_t marks[3];

	(void)state;
	marks[0] = pb_begin(&message, 1);
	marks[1] = pb_begin(&message, 2);
	marks[2] = pb_begin(&message, 2);
	pb_put_len(&message, 3, slice_str("\xff")); /* severity_text */
	pb_end(&message, marks[2]);
	pb_end(&message, marks[1]);
	pb_end(&message, marks[0]);
	assert_true(spool_message_fits(OTLP_LOGS, bytes_slice(&message), &member));
	assert_true(member.alone);
	bytes_free(&message);
}

static void test_names(void **state)
{
	static const char *const bad[] = {
		"",
		".",
		"0",
		"000000000000001.batch",
		"00000000000000001.batch",
		"0000000000000001.batc",
		"0000000000000001.batch.new",
		"0000000000000001.new",
		"000000000000000A.batch",
		"000000000000000g.batch",
		"-000000000000001.batch",
		"4000000000000000.batch",
		"ffffffffffffffff.batch",
		" 000000000000001.batch",
		"0000000000000001",
		"0000000000000001/batch",
	};
	char name[SPOOL_NAME];
	uint64_t number = 7;

	(void)state;
	spool_name(0xfedcba98765, ".batch", name);
	assert_string_equal(name, "00000fedcba98765.batch");
	assert_true(spool_name_parse(name, ".batch", &number));
	assert_int_equal(number, 0xfedcba98765);
	spool_name(SPOOL_NUMBER_LIMIT - 1, ".new", name);
	assert_true(spool_name_parse(name, ".new", &number));
	assert_int_equal(number, SPOOL_NUMBER_LIMIT - 1);
	number = 7;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(spool_name_parse(
			(const char *)guard_put(slice_of(bad[i], strlen(bad[i]) + 1)).data,
			".batch", &number));
	assert_int_equal(number, 7);
}

static void test_short_memory(void **state)
{
	struct payload_list members = {0};
	struct spool_batch batch = {.number = 1};
	struct bytes message = {0}, out = {0};
	struct payload *p;

	(void)state;
	numbered_request(OTLP_LOGS, 1, 1, 0, 0, &message);
	p = payload_new(OTLP_LOGS, &message, 1, 0, &held);
	assert_true(p && payload_list_push(&members, p));
	short_memory_at = 1;
	spool_encode(&batch, &members, &out);
	short_memory_at = 0;
	assert_true(out.failed);
	assert_int_equal(out.len, 0);
	bytes_free(&out);
	payload_list_free(&members);
}

/* What the fuzzer would begin with: real files, cut, spliced and mended in every way. */
static void test_as_the_fuzzer(void **state)
{
	uint32_t seed = 1;
	struct bytes file = make(OTLP_LOGS, 4, 2, true), input = {0};

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		bytes_addc(&input, (uint8_t)(i % 8));
		bytes_add(&input, bytes_slice(&file));
		for (unsigned k = 0; k < i % 4; k++) {
			seed = seed * 1664525 + 1013904223;
			input.data[1 + (seed >> 8) % file.len] = (uint8_t)(seed >> 3);
		}
		seed = seed * 1664525 + 1013904223;
		if (i % 5 == 0)
			input.len -= (seed >> 8) % file.len;
		LLVMFuzzerTestOneInput(input.data, input.len);
		input.len = 0;
	}
	bytes_free(&input);
	bytes_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_any_bit),
		cmocka_unit_test(test_any_length),
		cmocka_unit_test(test_forged_bits),
		cmocka_unit_test(test_forged_values),
		cmocka_unit_test(test_items_of_another),
		cmocka_unit_test(test_head_says_too_much),
		cmocka_unit_test(test_no_members),
		cmocka_unit_test(test_no_message),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_short_memory),
		cmocka_unit_test(test_as_the_fuzzer),
	};

	return cmocka_run_group_tests_name("spool_format", tests, NULL, NULL);
}
