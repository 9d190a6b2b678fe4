/* SPDX-License-Identifier: Apache-2.0 */
/* What anybody may have done to the record of the books, before or while the spool lives. */
#include "spool_world.h"

/* Another thing in its place gives way, and is not touched itself. */
static void assert_replaced(struct world *w)
{
	struct stat st;

	alarm(60);
	live(w, MB);
	alarm(0);
	assert_record(w, "");
	spool_write_record(w->spool, slice_str("books"));
	live(w, MB);
	assert_record(w, "books");
	assert_int_equal(lstat(inside(w, "record"), &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void test_record_is_a_link(void **state)
{
	struct world *w = *state;
	char text[16];

	live(w, MB);
	put_file(at(w, "victim"), "precious", 8);
	assert_int_equal(unlink(inside(w, "record")), 0);
	assert_int_equal(symlink(at(w, "victim"), inside(w, "record")), 0);
	assert_replaced(w);
	assert_int_equal(get_file(at(w, "victim"), text, sizeof text), 8);
}

static void test_record_has_a_second_name(void **state)
{
	struct world *w = *state;
	char text[16];

	live(w, MB);
	put_file(at(w, "victim"), "precious", 8);
	assert_int_equal(unlink(inside(w, "record")), 0);
	assert_int_equal(link(at(w, "victim"), inside(w, "record")), 0);
	assert_replaced(w);
	assert_int_equal(get_file(at(w, "victim"), text, sizeof text), 8);
}

static void test_record_is_a_fifo(void **state)
{
	struct world *w = *state;

	live(w, MB);
	assert_int_equal(unlink(inside(w, "record")), 0);
	assert_int_equal(mkfifo(inside(w, "record"), 0600), 0);
	assert_replaced(w);
}

/* That cannot give way: the spool does without. */
static void test_record_is_a_folder(void **state)
{
	struct world *w = *state;

	live(w, MB);
	assert_int_equal(unlink(inside(w, "record")), 0);
	assert_int_equal(mkdir(inside(w, "record"), 0700), 0);
	live(w, MB);
	assert_record(w, "");
	spool_write_record(w->spool, slice_str("books"));
	assert_true(write_batch(w, 0, OTLP_LOGS, 1, 1));
	assert_int_equal(rmdir(inside(w, "record")), 0);
	for (unsigned i = 0; i <= 16; i++)
		spool_write_record(w->spool, slice_str("books"));
	live(w, MB);
	assert_record(w, "books");
}

static void test_record_deleted_while_alive(void **state)
{
	struct world *w = *state;

	live(w, MB);
	spool_write_record(w->spool, slice_str("books"));
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(unlink(inside(w, "record")), 0);
		spool_write_record(w->spool, slice_str("more books"));
	}
	live(w, MB);
	assert_record(w, "more books");
}

/* What is there is not written once more: whatever was put there meanwhile stays until there is
 * something new. */
static void test_record_is_written_once(void **state)
{
	struct world *w = *state;
	char text[8];

	live(w, MB);
	spool_write_record(w->spool, slice_str("books"));
	put_file(inside(w, "record"), "other", 5);
	spool_write_record(w->spool, slice_str("books"));
	assert_int_equal(get_file(inside(w, "record"), text, sizeof text), 5);
	for (unsigned i = 0; i < 2; i++) {
		const char *books = i ? "books" : "more books";

		spool_write_record(w->spool, slice_str(books));
		live(w, MB);
		assert_record(w, books);
	}
}

static void test_record_changed(void **state)
{
	struct world *w = *state;
	uint8_t file[SPOOL_RECORD_BLOCK], copy[SPOOL_RECORD_BLOCK];
	size_t size = SPOOL_RECORD_HEAD + 5;

	live(w, MB);
	spool_write_record(w->spool, slice_str("books"));
	assert_int_equal(get_file(inside(w, "record"), file, sizeof file), sizeof file);
	for (size_t i = 0; i < size; i++) {
		memcpy(copy, file, sizeof file);
		copy[i] ^= 0x80;
		put_file(inside(w, "record"), copy, sizeof copy);
		live(w, MB);
		assert_record(w, "");
		put_file(inside(w, "record"), file, i);
		live(w, MB);
		assert_record(w, "");
	}
	/* What lies behind it does not matter. */
	memset(file + size, 'x', sizeof file - size);
	put_file(inside(w, "record"), file, sizeof file);
	live(w, MB);
	assert_record(w, "books");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_record_is_a_link),
		WITH_WORLD(test_record_has_a_second_name),
		WITH_WORLD(test_record_is_a_fifo),
		WITH_WORLD(test_record_is_a_folder),
		WITH_WORLD(test_record_deleted_while_alive),
		WITH_WORLD(test_record_is_written_once),
		WITH_WORLD(test_record_changed),
	};

	return cmocka_run_group_tests_name("spool_record", tests, NULL, NULL);
}
