/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that refuses, and a process that has no descriptor left. */
#include "spool_world.h"

#include <sched.h>
#include <sys/mount.h>

/* Writes end at a size, as they do where the disk is full. */
static void test_short_write(void **state)
{
	struct world *w = *state;

	live(w, MB);
	assert_true(write_batch(w, 0, OTLP_LOGS, 1, 1));
	for (size_t size = 0; size < 5 * MESSAGE; size += 7) {
		bool ok;

		limit_file_size(size);
		ok = write_batch(w, 0, OTLP_LOGS, 10, 5);
		limit_file_size(SIZE_MAX);
		assert_false(ok);
		assert_int_equal(count_files(w), 1);
	}
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 2);
	assert_true(write_batch(w, 0, OTLP_LOGS, 10, 5));
	live(w, MB);
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 12);
}

static void test_record_cut_short(void **state)
{
	struct world *w = *state;

	for (size_t size = 0; size < SPOOL_RECORD_BLOCK; size += 100) {
		live(w, MB);
		spool_write_record(w->spool, slice_str("an old truth, longer than what follows"));
		assert_int_equal(truncate(inside(w, "record"), 0), 0);
		limit_file_size(size);
		spool_write_record(w->spool, slice_str("a truth"));
		limit_file_size(SIZE_MAX);
		live(w, MB);
		/* All or nothing. */
		if (spool_record(w->spool).len > 0)
			assert_record(w, "a truth");
		assert_int_equal(unlink(inside(w, "record")), 0);
	}
	/* Once it can be written it is. */
	live(w, MB);
	limit_file_size(0);
	spool_write_record(w->spool, slice_str("a truth"));
	limit_file_size(SIZE_MAX);
	spool_write_record(w->spool, slice_str("another"));
	live(w, MB);
	assert_record(w, "another");
}

/* What was written last is old, and what is new cannot be: nothing is better. */
static void test_record_that_cannot_be_renewed(void **state)
{
	struct world *w = *state;

	live(w, MB);
	spool_write_record(w->spool, slice_str("old"));
	limit_file_size(8);
	spool_write_record(w->spool, slice_str("new"));
	limit_file_size(SIZE_MAX);
	live(w, MB);
	assert_record(w, "");
}

/* In a file system of a few pages, which only this child sees. */
static void full_disk(struct world *w)
{
	struct payload_list list = make_members(w, OTLP_LOGS, 1, 20);
	char long_text[1500], page[4096] = "";
	struct spool_batch batch;
	size_t written = 0;
	int fd;

	memset(long_text, 'x', sizeof long_text);
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("lull", w->root, "tmpfs", 0, "size=128k") != 0)
		_exit(77);
	w->spool = spool_new(w->folder, MB);
	spool_open(w->spool, &two_known);
	spool_write_record(w->spool, slice_str("x"));
	while (spool_write(w->spool, 0, OTLP_LOGS, &list))
		written++;
	MUST(written > 3 && spool_items(w->spool, 0, OTLP_LOGS) == 40 * written);
	MUST(count_files(w) == written);
	/* To the last page. */
	fd = open(inside(w, "filler"), O_WRONLY | O_CREAT, 0600);
	while (write(fd, page, sizeof page) > 0)
		;
	spool_write_record(w->spool, slice_of(long_text, sizeof long_text));
	spool_free(w->spool);
	w->spool = spool_new(w->folder, MB);
	spool_open(w->spool, &two_known);
	MUST(spool_record(w->spool).len == sizeof long_text);
	MUST(spool_items(w->spool, 0, OTLP_LOGS) == 40 * written);
	MUST(!spool_write(w->spool, 0, OTLP_LOGS, &list));
	/* A record that never had its place is none. */
	MUST(unlink(inside(w, "record")) == 0);
	while (write(fd, page, sizeof page) > 0)
		;
	spool_write_record(w->spool, slice_str("y"));
	MUST(ftruncate(fd, 0) == 0);
	spool_write_record(w->spool, slice_str("z"));
	spool_free(w->spool);
	w->spool = spool_new(w->folder, MB);
	spool_open(w->spool, &two_known);
	MUST(slice_is(spool_record(w->spool), "z"));
	MUST(spool_take_oldest(w->spool, &batch));
	spool_remove(w->spool, &batch);
	MUST(spool_write(w->spool, 0, OTLP_LOGS, &list));
	payload_list_free(&list);
}

static void test_full_disk(void **state)
{
	struct world *w = *state;
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		full_disk(w);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void limit_descriptors(rlim_t count)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* A process that has no descriptor left does not take the record for something foreign. */
static void test_no_descriptors(void **state)
{
	struct world *w = *state;
	struct spool_record_file file = {.fd = -1};
	struct spool_batch batch;
	struct slice text;

	live(w, MB);
	spool_write_record(w->spool, slice_str("books"));
	assert_true(write_batch(w, 0, OTLP_LOGS, 1, 1));
	assert_true(spool_take_oldest(w->spool, &batch));
	limit_descriptors(0);
	text = spool_record_open(&file, &w->spool->folder);
	assert_unreadable(w, &batch);
	assert_false(write_batch(w, 0, OTLP_LOGS, 1, 1));
	limit_descriptors(1024);
	assert_int_equal(text.len, 0);
	assert_int_equal(file.fd, -1);
	live(w, MB);
	assert_record(w, "books");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_short_write),
		WITH_WORLD(test_record_cut_short),
		WITH_WORLD(test_record_that_cannot_be_renewed),
		WITH_WORLD(test_full_disk),
		WITH_WORLD(test_no_descriptors),
	};

	return cmocka_run_group_tests_name("spool_disk", tests, NULL, NULL);
}
