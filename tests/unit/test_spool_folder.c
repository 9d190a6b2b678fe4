/* SPDX-License-Identifier: Apache-2.0 */
/* What anybody may have done to the folder, before or while the spool lives. */
#include "spool_world.h"

#include <sys/file.h>

/* There is no spool, for that reason, and nothing comes of using it. */
static void assert_refused(struct world *w, const char *why)
{
	live(w, MB);
	assert_int_equal(said(w, "there is no spool"), 1);
	assert_int_equal(said(w, why), 1);
	assert_false(spool_takes(w->spool, 0));
	assert_false(spool_has_room(w->spool, 0));
	assert_false(write_batch(w, 0, OTLP_LOGS, 1, 1));
	spool_write_record(w->spool, slice_str("books"));
}

static size_t entries(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static void test_folder_is_a_link(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir(at(w, "elsewhere"), 0700), 0);
	assert_int_equal(symlink("elsewhere", w->folder), 0);
	assert_refused(w, "is no folder");
	assert_int_equal(entries(at(w, "elsewhere")), 0);
}

static void test_folder_with_slashes_is_a_link(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir(at(w, "elsewhere"), 0700), 0);
	assert_int_equal(symlink("elsewhere", w->folder), 0);
	strcat(w->folder, "//");
	assert_refused(w, "is no folder");
	assert_int_equal(entries(at(w, "elsewhere")), 0);
}

static void test_folder_is_a_file(void **state)
{
	struct world *w = *state;

	put_file(w->folder, "", 0);
	assert_refused(w, "is no folder");
}

static void test_folder_is_a_fifo(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkfifo(w->folder, 0600), 0);
	alarm(60);
	assert_refused(w, "is no folder");
	alarm(0);
}

static void test_folder_of_somebody_else(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir(w->folder, 0777), 0);
	if (chown(w->folder, 65534, 65534) != 0)
		skip();
	assert_refused(w, "belongs to somebody else");
	assert_int_equal(entries(w->folder), 0);
}

static void test_folder_that_others_may_write_to(void **state)
{
	struct world *w = *state;
	struct stat st;

	assert_int_equal(mkdir(w->folder, 0700), 0);
	assert_int_equal(chmod(w->folder, 0777), 0);
	live(w, MB);
	assert_true(write_batch(w, 0, OTLP_LOGS, 1, 1));
	assert_int_equal(stat(w->folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void test_nothing_above_the_folder(void **state)
{
	struct world *w = *state;

	strcat(w->folder, "/below");
	assert_refused(w, strerror(ENOENT));
}

static void test_somebody_else_lives_here(void **state)
{
	struct world *w = *state;
	int other;

	live(w, MB);
	assert_true(write_batch(w, 0, OTLP_LOGS, 1, 1));
	spool_write_record(w->spool, slice_str("books"));
	spool_free(w->spool);
	w->spool = NULL;
	other = open(w->folder, O_RDONLY);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	assert_refused(w, "is in use by another process");
	assert_record(w, "");
	close(other);
	live(w, MB);
	assert_record(w, "books");
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 2);
}

/* Of two that are alive the second keeps its hands off, whatever became of the record. */
static void test_two_lives(void **state)
{
	struct world *w = *state;
	struct spool *first;

	live(w, MB);
	first = w->spool;
	w->spool = NULL;
	assert_int_equal(unlink(inside(w, "record")), 0);
	assert_refused(w, "is in use by another process");
	spool_free(first);
	live(w, MB);
	assert_true(write_batch(w, 0, OTLP_LOGS, 1, 1));
}

static void test_wiped(void **state)
{
	struct world *w = *state;
	struct spool_batch batch;

	live(w, MB);
	assert_true(write_batch(w, 0, OTLP_LOGS, 10, 1));
	wipe(w);
	assert_true(write_batch(w, 0, OTLP_LOGS, 20, 1));
	assert_true(spool_take_oldest(w->spool, &batch));
	assert_unreadable(w, &batch);
	spool_remove(w->spool, &batch);
	assert_true(spool_take_oldest(w->spool, &batch));
	assert_batch(w, &batch, 20, 1);
	spool_write_record(w->spool, slice_str("books"));
	live(w, MB);
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 2);
	assert_record(w, "books");
}

/* The record alone brings the folder back: it is written far more often than batches are. */
static void test_wiped_record(void **state)
{
	struct world *w = *state;

	live(w, MB);
	for (unsigned i = 0; i < 3; i++) {
		wipe(w);
		spool_write_record(w->spool, slice_str("books"));
	}
	assert_true(write_batch(w, 0, OTLP_LOGS, 20, 1));
	live(w, MB);
	assert_record(w, "books");
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 2);
}

/* A folder moved away is found by nobody. */
static void test_moved_away(void **state)
{
	struct world *w = *state;

	live(w, MB);
	assert_int_equal(rename(w->folder, at(w, "moved")), 0);
	assert_true(write_batch(w, 0, OTLP_LOGS, 20, 1));
	spool_write_record(w->spool, slice_str("books"));
	live(w, MB);
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 2);
	assert_record(w, "books");
}

static void test_replaced_by_a_link(void **state)
{
	struct world *w = *state;

	live(w, MB);
	wipe(w);
	assert_int_equal(mkdir(at(w, "elsewhere"), 0700), 0);
	assert_int_equal(symlink("elsewhere", w->folder), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_false(write_batch(w, 0, OTLP_LOGS, 20, 1));
	spool_write_record(w->spool, slice_str("books"));
	assert_int_equal(entries(at(w, "elsewhere")), 0);
	assert_int_equal(said(w, "nothing can be spooled"), 1);
	/* The record is tried again now and then, a batch at once. */
	assert_int_equal(unlink(w->folder), 0);
	spool_write_record(w->spool, slice_str("books"));
	assert_int_equal(access(w->folder, F_OK), -1);
	for (unsigned i = 0; i <= 16; i++)
		spool_write_record(w->spool, slice_str("books"));
	assert_true(write_batch(w, 0, OTLP_LOGS, 20, 1));
	live(w, MB);
	assert_record(w, "books");
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 2);
}

/* As a user without privileges, as on Lambda. 77: that cannot be. */
static int as_nobody(struct world *w, void (*what)(struct world *))
{
	int status;
	pid_t child;

	if (geteuid() == 0 && chown(w->root, 65534, 65534) != 0)
		return 77;
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(77);
		what(w);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void unreadable_folder(struct world *w)
{
	struct payload_list list = make_members(w, OTLP_LOGS, 1, 1);
	struct spool_batch batch;

	w->spool = spool_new(w->folder, MB);
	spool_open(w->spool, &two_known);
	MUST(spool_write(w->spool, 0, OTLP_LOGS, &list));
	MUST(spool_take_oldest(w->spool, &batch));
	MUST(chmod(w->folder, 0) == 0);
	MUST(!spool_write(w->spool, 0, OTLP_LOGS, &list));
	MUST(!spool_read(w->spool, &batch, 0, &w->held, &list));
	spool_put_back(w->spool, &batch);
	spool_write_record(w->spool, slice_str("books"));
	spool_free(w->spool);
	w->spool = spool_new(w->folder, MB);
	spool_open(w->spool, &two_known);
	MUST(!spool_takes(w->spool, 0));
	MUST(said(w, "there is no spool") == 1);
	spool_free(w->spool);
	MUST(chmod(w->folder, 0700) == 0);
	w->spool = spool_new(w->folder, MB);
	spool_open(w->spool, &two_known);
	MUST(spool_items(w->spool, 0, OTLP_LOGS) == 2);
	MUST(slice_is(spool_record(w->spool), "books"));
	payload_list_free(&list);
}

static void test_unreadable_folder(void **state)
{
	int result = as_nobody(*state, unreadable_folder);

	if (result == 77)
		skip();
	assert_int_equal(result, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_folder_is_a_link),
		WITH_WORLD(test_folder_with_slashes_is_a_link),
		WITH_WORLD(test_folder_is_a_file),
		WITH_WORLD(test_folder_is_a_fifo),
		WITH_WORLD(test_folder_of_somebody_else),
		WITH_WORLD(test_folder_that_others_may_write_to),
		WITH_WORLD(test_nothing_above_the_folder),
		WITH_WORLD(test_somebody_else_lives_here),
		WITH_WORLD(test_two_lives),
		WITH_WORLD(test_wiped),
		WITH_WORLD(test_wiped_record),
		WITH_WORLD(test_moved_away),
		WITH_WORLD(test_replaced_by_a_link),
		WITH_WORLD(test_unreadable_folder),
	};

	return cmocka_run_group_tests_name("spool_folder", tests, NULL, NULL);
}
