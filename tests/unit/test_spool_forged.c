/* SPDX-License-Identifier: Apache-2.0 */
/* Files made by whoever knows the format. */
#include "spool_left.h"

/* As whoever knows the format would: all checksums are right. */
static void forge(const struct world *w, size_t offset, uint8_t value)
{
	uint8_t file[2000];
	size_t size = get_file(file_of(w, 1), file, sizeof file);
	uint32_t checksum;

	file[offset] = value;
	checksum = spool_checksum(0, slice_of(file + SPOOL_HEAD, size - SPOOL_HEAD));
	memcpy(file + 44, &checksum, sizeof checksum);
	checksum = spool_checksum(0, slice_of(file, 48));
	memcpy(file + 48, &checksum, sizeof checksum);
	put_file(file_of(w, 1), file, size);
}

static void test_forged_message(void **state)
{
	struct world *w = *state;

	leave_three(w);
	forge(w, SPOOL_HEAD + SPOOL_MEMBER, 0xff); /* no protobuf */
	assert_found(w, 3, 0);
	assert_first_unreadable(w);
}

static void test_forged_items(void **state)
{
	struct world *w = *state;
	struct spool_batch batch;

	leave_three(w);
	forge(w, 16, 50);
	forge(w, SPOOL_HEAD + 4, 50);
	live(w, MB);
	assert_true(spool_take_oldest(w->spool, &batch));
	assert_int_equal(batch.items, 50);
	assert_unreadable(w, &batch);
}

static void test_forged_size(void **state)
{
	struct world *w = *state;

	leave_three(w);
	forge(w, 24 + 4, 1); /* 4 GiB more, and the file is as large: a sparse one */
	assert_int_equal(truncate(file_of(w, 1), (off_t)(1ULL << 32) + 100), 0);
	assert_found(w, 2, 1);
}

/* The head says less than the table: the books would not close. */
static void test_forged_sum(void **state)
{
	struct world *w = *state;
	struct spool_batch batch;

	leave_three(w);
	forge(w, 16, 1);
	live(w, MB);
	assert_true(spool_take_oldest(w->spool, &batch));
	assert_int_equal(batch.items, 1);
	assert_unreadable(w, &batch);
}

/* A number at the end of the range: from then on nothing can be written, and that is all. */
static void test_forged_number(void **state)
{
	struct world *w = *state;
	char name[SPOOL_NAME];

	leave_three(w);
	forge(w, 15, 0x3f);
	for (size_t i = 8; i < 15; i++)
		forge(w, i, 0xff);
	spool_name(SPOOL_NUMBER_LIMIT - 1, ".batch", name);
	assert_int_equal(rename(file_of(w, 1), inside(w, name)), 0);
	assert_found(w, 3, 0);
	assert_false(write_batch(w, 0, OTLP_LOGS, 1, 1));
	assert_found(w, 3, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_forged_message), WITH_WORLD(test_forged_items),
		WITH_WORLD(test_forged_size),    WITH_WORLD(test_forged_sum),
		WITH_WORLD(test_forged_number),
	};

	return cmocka_run_group_tests_name("spool_forged", tests, NULL, NULL);
}
