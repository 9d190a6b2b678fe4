/* SPDX-License-Identifier: Apache-2.0 */
/* What anybody may have done to the folder's files before the start that finds them. */
#include "spool_left.h"

static void test_foreign_files(void **state)
{
	struct world *w = *state;

	leave_three(w);
	put_file(inside(w, "a"), "a", 1);
	put_file(inside(w, ".hidden"), "a", 1);
	put_file(inside(w, "0000000000000009.batch.bak"), "a", 1);
	put_file(inside(w, "0000000000000009.batch"), "", 0);
	put_file(inside(w, "000000000000000a.batch"),
		 "not a batch, but long enough to be a head "
		 "of one, one would think",
		 60);
	assert_int_equal(mkdir(inside(w, "000000000000000b.batch"), 0700), 0);
	assert_found(w, 3, 6);
	assert_int_equal(access(inside(w, "a"), F_OK), 0);
	assert_int_equal(access(inside(w, "0000000000000009.batch"), F_OK), 0);
}

static void test_link_for_a_file(void **state)
{
	struct world *w = *state;

	leave_three(w);
	assert_int_equal(rename(file_of(w, 2), at(w, "elsewhere")), 0);
	assert_int_equal(symlink(at(w, "elsewhere"), file_of(w, 2)), 0);
	assert_found(w, 2, 1);
}

static void test_second_name(void **state)
{
	struct world *w = *state;

	leave_three(w);
	assert_int_equal(link(file_of(w, 2), at(w, "elsewhere")), 0);
	assert_found(w, 2, 1);
}

static void test_fifo_for_a_file(void **state)
{
	struct world *w = *state;

	leave_three(w);
	assert_int_equal(unlink(file_of(w, 2)), 0);
	assert_int_equal(mkfifo(file_of(w, 2), 0600), 0);
	alarm(60); /* an open that waits for the other end would never end */
	assert_found(w, 2, 1);
	alarm(0);
}

static void test_file_of_somebody_else(void **state)
{
	struct world *w = *state;

	leave_three(w);
	if (chown(file_of(w, 2), 65534, 65534) != 0)
		skip();
	assert_found(w, 2, 1);
}

static void test_cut_file(void **state)
{
	struct world *w = *state;
	struct stat st;

	leave_three(w);
	assert_int_equal(stat(file_of(w, 1), &st), 0);
	assert_int_equal(truncate(file_of(w, 1), st.st_size - 1), 0);
	assert_int_equal(truncate(file_of(w, 2), SPOOL_HEAD - 1), 0);
	assert_int_equal(truncate(file_of(w, 3), st.st_size + 1), 0);
	assert_found(w, 0, 3);
}

static void test_renamed_file(void **state)
{
	struct world *w = *state;

	leave_three(w);
	assert_int_equal(rename(file_of(w, 2), file_of(w, 8)), 0);
	assert_found(w, 2, 1);
}

/* A file has the number that its key has in this life, and is of nobody where none has that key. */
static void test_other_destinations(void **state)
{
	const struct spool_keys others = {.keys = {0xccccccc3, 0xddddddd4}, .count = 2};
	struct spool_batch batch;
	struct world *w = *state;

	leave_three(w);
	w->spool = spool_new(w->folder, MB);
	spool_open(w->spool, &others);
	assert_int_equal(spool_items(w->spool, 2, OTLP_LOGS), 6);
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 0);
	assert_true(write_batch(w, 1, OTLP_LOGS, 1, 1));
	assert_false(write_batch(w, 2, OTLP_LOGS, 1, 1));
	live(w, MB);
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 6);
	assert_int_equal(spool_items(w->spool, 1, OTLP_LOGS), 0);
	assert_int_equal(spool_items(w->spool, 2, OTLP_LOGS), 2);
	assert_true(spool_take(w->spool, 2, OTLP_LOGS, &batch));
	assert_batch(w, &batch, 1, 1);
	assert_int_equal(said(w, "left alone"), 0);
}

static void test_unfinished_files(void **state)
{
	struct world *w = *state;

	leave_three(w);
	put_file(inside(w, "0000000000000004.new"), "half a b", 8);
	put_file(at(w, "victim"), "precious", 8);
	assert_int_equal(symlink(at(w, "victim"), inside(w, "0000000000000005.new")), 0);
	assert_found(w, 3, 0);
	assert_int_equal(count_files(w), 3);
	assert_int_equal(access(at(w, "victim"), F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_foreign_files),         WITH_WORLD(test_link_for_a_file),
		WITH_WORLD(test_second_name),           WITH_WORLD(test_fifo_for_a_file),
		WITH_WORLD(test_file_of_somebody_else), WITH_WORLD(test_cut_file),
		WITH_WORLD(test_renamed_file),          WITH_WORLD(test_other_destinations),
		WITH_WORLD(test_unfinished_files),
	};

	return cmocka_run_group_tests_name("spool_found", tests, NULL, NULL);
}
