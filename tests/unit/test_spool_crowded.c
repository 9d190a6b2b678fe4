/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign names where the spool wants its own, and very many of them. */
#include "spool_left.h"

/* What is in the way of a new file stays, and the new one takes the next number. */
static void test_names_in_the_way(void **state)
{
	struct world *w = *state;
	struct spool_batch batch;
	char text[8];

	leave_three(w);
	assert_found(w, 3, 0);
	put_file(file_of(w, 4), "foreign", 7);
	assert_int_equal(mkdir(file_of(w, 5), 0700), 0);
	assert_int_equal(symlink("nowhere", file_of(w, 6)), 0);
	put_file(at(w, "victim"), "foreign", 7);
	assert_int_equal(symlink(at(w, "victim"), inside(w, "0000000000000007.new")), 0);
	assert_true(write_batch(w, 0, OTLP_LOGS, 70, 1));
	assert_int_equal(get_file(file_of(w, 4), text, 8), 7);
	assert_int_equal(get_file(at(w, "victim"), text, 8), 7);
	for (unsigned i = 0; i < 4; i++)
		assert_true(spool_take_oldest(w->spool, &batch));
	assert_int_equal(batch.number, 7);
	assert_batch(w, &batch, 70, 1);
}

static void test_too_many_in_the_way(void **state)
{
	struct world *w = *state;

	live(w, MB);
	for (unsigned i = 1; i <= NAME_TRIES; i++)
		assert_int_equal(symlink("nowhere", file_of(w, i)), 0);
	assert_false(write_batch(w, 0, OTLP_LOGS, 1, 1));
	assert_int_equal(said(w, "nothing can be spooled"), 1);
	assert_true(write_batch(w, 0, OTLP_LOGS, 1, 1));
}

/* In the moment between looking and renaming, too. */
static void test_nothing_is_replaced(void **state)
{
	struct world *w = *state;
	struct iovec part = {.iov_base = (char[]){"mine"}, .iov_len = 4};
	char text[8];

	live(w, MB);
	put_file(inside(w, "name"), "foreign", 7);
	assert_false(spool_folder_put(&w->spool->folder, "temporary", "name", &part, 1));
	assert_int_equal(get_file(inside(w, "name"), text, 8), 7);
	assert_int_equal(access(inside(w, "temporary"), F_OK), -1);
	put_file(inside(w, "temporary"), "foreign", 7);
	assert_false(spool_folder_put(&w->spool->folder, "temporary", "other", &part, 1));
	assert_int_equal(get_file(inside(w, "temporary"), text, 8), 7);
}

static void test_many_foreign_files(void **state)
{
	struct world *w = *state;
	char name[40];

	leave_three(w);
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "lull/foreign-%u", i);
		if (i % 2)
			assert_int_equal(symlink("/dev/zero", at(w, name)), 0);
		else
			put_file(at(w, name), "", 0);
	}
	assert_found(w, 3, 10000);
	assert_int_equal(said(w, "to its end"), 0);
}

/* Who fills the folder up makes us work so much, and no more. */
static void test_bounded_names(void **state)
{
	struct world *w = *state;
	char name[40];

	leave_three(w);
	for (unsigned i = 0; i < SPOOL_SCAN_NAMES; i++) {
		snprintf(name, sizeof name, "lull/foreign-%u", i);
		assert_int_equal(symlink("nowhere", at(w, name)), 0);
	}
	live(w, MB);
	assert_int_equal(said(w, "to its end"), 1);
	assert_true(write_batch(w, 1, OTLP_LOGS, 1, 1));
}

static void test_bounded_files(void **state)
{
	struct world *w = *state;

	live(w, MB);
	for (unsigned i = 0; i <= SPOOL_SCAN_FILES; i++)
		put_file(file_of(w, i + 100), "", 0);
	live(w, MB);
	assert_int_equal(said(w, "to its end"), 1);
	assert_true(write_batch(w, 1, OTLP_LOGS, 1, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_names_in_the_way),    WITH_WORLD(test_too_many_in_the_way),
		WITH_WORLD(test_nothing_is_replaced), WITH_WORLD(test_many_foreign_files),
		WITH_WORLD(test_bounded_names),       WITH_WORLD(test_bounded_files),
	};

	return cmocka_run_group_tests_name("spool_crowded", tests, NULL, NULL);
}
