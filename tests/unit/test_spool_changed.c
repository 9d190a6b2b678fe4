/* SPDX-License-Identifier: Apache-2.0 */
/* What anybody may do to the files of the spool between their being found, or written, and their
 * being read. */
#include "spool_left.h"

/* The file is gone, or another thing, between its being taken up and its being read. */
static void test_vanished_file(void **state)
{
	struct world *w = *state;
	struct spool_batch batch;

	leave_three(w);
	assert_found(w, 3, 0);
	assert_int_equal(unlink(file_of(w, 1)), 0);
	assert_true(spool_take_oldest(w->spool, &batch));
	assert_unreadable(w, &batch);
	spool_remove(w->spool, &batch);
	assert_true(spool_take_oldest(w->spool, &batch));
	assert_batch(w, &batch, 20, 1);
}

static void test_link_while_alive(void **state)
{
	struct world *w = *state;

	leave_three(w);
	assert_found(w, 3, 0);
	assert_int_equal(rename(file_of(w, 1), at(w, "elsewhere")), 0);
	assert_int_equal(symlink(at(w, "elsewhere"), file_of(w, 1)), 0);
	assert_first_unreadable(w);
	assert_int_equal(access(at(w, "elsewhere"), F_OK), 0);
}

static void test_fifo_while_alive(void **state)
{
	struct world *w = *state;

	leave_three(w);
	assert_found(w, 3, 0);
	assert_int_equal(unlink(file_of(w, 1)), 0);
	assert_int_equal(mkfifo(file_of(w, 1), 0600), 0);
	assert_first_unreadable(w);
}

static void test_other_batch_while_alive(void **state)
{
	struct world *w = *state;

	leave_three(w);
	assert_found(w, 3, 0);
	assert_int_equal(rename(file_of(w, 2), file_of(w, 1)), 0);
	assert_first_unreadable(w);
}

static void test_growing_file(void **state)
{
	struct world *w = *state;
	struct stat st;

	leave_three(w);
	assert_found(w, 3, 0);
	assert_int_equal(stat(file_of(w, 1), &st), 0);
	assert_int_equal(truncate(file_of(w, 1), st.st_size + 1), 0);
	assert_first_unreadable(w);
}

/* Any byte of the file changed in place, or the file cut there: never read as something else. */
static void test_any_byte(void **state)
{
	struct world *w = *state;
	struct spool_batch batch;
	uint8_t file[2000], copy[2000];
	size_t size;

	live(w, MB);
	assert_true(write_batch(w, 0, OTLP_LOGS, 1, 3));
	assert_true(spool_take_oldest(w->spool, &batch));
	size = get_file(file_of(w, 1), file, sizeof file);
	assert_int_equal(size, batch.bytes);
	for (size_t i = 0; i < size; i++) {
		memcpy(copy, file, size);
		copy[i] ^= 4;
		put_file(file_of(w, 1), copy, size);
		assert_unreadable(w, &batch);
		put_file(file_of(w, 1), file, i);
		assert_unreadable(w, &batch);
	}
	put_file(file_of(w, 1), file, size);
	assert_batch(w, &batch, 1, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_vanished_file),    WITH_WORLD(test_link_while_alive),
		WITH_WORLD(test_fifo_while_alive), WITH_WORLD(test_other_batch_while_alive),
		WITH_WORLD(test_growing_file),     WITH_WORLD(test_any_byte),
	};

	return cmocka_run_group_tests_name("spool_changed", tests, NULL, NULL);
}
