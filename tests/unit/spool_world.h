/* SPDX-License-Identifier: Apache-2.0 */
/* A spool in a temporary folder of its own, what is said caught, and hands of the function that do
 * things to the folder. Takes spool.c's, spool_folder.c's and payload.c's place, so that their
 * allocations can be made to fail (short_heap_at). */
#ifndef TESTS_UNIT_SPOOL_WORLD_H
#define TESTS_UNIT_SPOOL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "short_heap.h"

#include "domain/payload.c"
#include "edges/spool.c"

#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "numbered.h"

#define MB ((size_t)1 << 20)
#define MESSAGE 200 /* bytes of a message at least */

struct world {
	char root[64];   /* what is removed at the end */
	char folder[80]; /* root/lull */
	struct spool *spool;
	size_t held;
	int out; /* standard output, kept aside */
	int said;
};

/* root/NAME, or with a spool's file folder/NAME. One of four that take turns. */
static inline const char *at(const struct world *w, const char *name)
{
	static char paths[4][160];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", w->root, name);
	return path;
}

static inline const char *inside(const struct world *w, const char *name)
{
	char below[64];

	snprintf(below, sizeof below, "lull/%s", name);
	return at(w, below);
}

static inline const char *file_of(const struct world *w, uint64_t number)
{
	char name[SPOOL_NAME];

	spool_name(number, ".batch", name);
	return inside(w, name);
}

/* Destinations of some life. */
static const struct spool_keys two_known = {.keys = {0xaaaaaaa1, 0xbbbbbbb2}, .count = 2};

/* As a start of the environment: whoever lived before is gone. */
static inline void live(struct world *w, size_t limit)
{
	spool_free(w->spool);
	w->spool = spool_new(w->folder, limit);
	assert_non_null(w->spool);
	spool_open(w->spool, &two_known);
}

static inline int world_begin(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	if (!w)
		return -1;
	snprintf(w->root, sizeof w->root, "/tmp/lull-test-XXXXXX");
	if (!mkdtemp(w->root))
		return -1;
	snprintf(w->folder, sizeof w->folder, "%s/lull", w->root);
	fflush(stdout);
	w->out = dup(STDOUT_FILENO);
	w->said = memfd_create("said", MFD_CLOEXEC);
	if (w->out < 0 || w->said < 0)
		return -1;
	dup2(w->said, STDOUT_FILENO);
	signal(SIGXFSZ, SIG_IGN);
	*state = w;
	return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int world_end(void **state)
{
	struct world *w = *state;

	short_heap_at = 0;
	spool_free(w->spool);
	fflush(stdout);
	dup2(w->out, STDOUT_FILENO);
	close(w->out);
	close(w->said);
	nftw(w->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

/* How often that was said so far. */
static inline unsigned said(const struct world *w, const char *text)
{
	static char all[1 << 16];
	ssize_t n = pread(w->said, all, sizeof all - 1, 0);
	unsigned count = 0;

	all[n > 0 ? n : 0] = '\0';
	for (const char *p = all; (p = strstr(p, text)); p++)
		count++;
	return count;
}

/* ---- Batches ---- */

/* `count` payloads of two items each, numbered from `first` on. */
static inline struct payload_list make_members(struct world *w, enum otlp_signal signal,
					       uint64_t first, size_t count)
{
	struct payload_list list = {0};

	for (size_t i = 0; i < count; i++) {
		struct bytes message = {0};
		struct payload *p;

		numbered_request(signal, first + 2 * i, 2, MESSAGE / 2, 3, &message);
		p = payload_new(signal, &message, 2, 1, &w->held);
		assert_non_null(p);
		p->alone = i % 2;
		p->maybe_sent = i % 3 == 2 ? ~0U : 0;
		assert_true(payload_list_push(&list, p));
	}
	return list;
}

static inline bool write_batch(struct world *w, unsigned destination, enum otlp_signal signal,
			       uint64_t first, size_t count)
{
	struct payload_list list = make_members(w, signal, first, count);
	bool ok = spool_write(w->spool, destination, signal, &list);

	payload_list_free(&list);
	assert_int_equal(w->held, 0);
	return ok;
}

/* Is that what was written by write_batch()? */
static inline void assert_batch(struct world *w, const struct spool_batch *batch, uint64_t first,
				size_t count)
{
	struct payload_list list = {0};
	size_t i;

	assert_int_equal(batch->items, 2 * count);
	assert_true(spool_read(w->spool, batch, 77, &w->held, &list));
	assert_int_equal(list.count, count);
	for (i = 0; i < count; i++) {
		struct payload *p = payload_list_at(&list, i);
		struct bytes message = {0};

		numbered_request(batch->signal, first + 2 * i, 2, MESSAGE / 2, 3, &message);
		assert_true(slice_equal(bytes_slice(&message), bytes_slice(&p->message)));
		assert_int_equal(p->signal, batch->signal);
		assert_int_equal(p->items, 2);
		assert_int_equal(p->arrived, 77);
		assert_int_equal(p->alone, i % 2);
		assert_int_equal(p->maybe_sent,
				 batch->maybe_sent || i % 3 == 2 ? 1U << batch->destination : 0);
		bytes_free(&message);
	}
	payload_list_free(&list);
	assert_int_equal(w->held, 0);
}

/* What was taken is not read, and nothing is left over of the attempt. */
static inline void assert_unreadable(struct world *w, const struct spool_batch *batch)
{
	struct payload_list list = {0};

	assert_false(spool_read(w->spool, batch, 77, &w->held, &list));
	assert_int_equal(list.count, 0);
	assert_int_equal(w->held, 0);
	payload_list_free(&list);
}

static inline void assert_record(const struct world *w, const char *text)
{
	assert_true(slice_is(spool_record(w->spool), text));
}

/* ---- The function's hands ---- */

static inline void put_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static inline size_t get_file(const char *path, void *data, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(data, 1, size, f);
	fclose(f);
	return n;
}

/* Everything in the folder but the record. */
static inline size_t count_files(const struct world *w)
{
	DIR *dir = opendir(w->folder);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.' && strcmp(entry->d_name, "record") != 0;
	closedir(dir);
	return count;
}

/* As `rm -rf /tmp/lull` by the function. */
static inline void wipe(const struct world *w)
{
	assert_int_equal(nftw(w->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void limit_file_size(size_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* In a child, which cannot fail as cmocka wants it. */
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%d: not so: %s\n", __LINE__, #condition);                 \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)

#endif
