/* SPDX-License-Identifier: Apache-2.0 */
/* What the spool does in a folder that nobody else touches. */
#include "spool_world.h"

#include "short_memory.h"

static void test_round_trip(void **state)
{
	static const size_t counts[] = {1, 2, 7, 1500};
	struct world *w = *state;
	struct spool_batch batch;

	live(w, 16 * MB);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
			enum otlp_signal signal = (enum otlp_signal)s;

			assert_true(write_batch(w, 1, signal, 100 * i, counts[i]));
			assert_int_equal(spool_items(w->spool, 1, signal), 2 * counts[i]);
			assert_int_equal(spool_items(w->spool, 0, signal), 0);
			assert_true(spool_take(w->spool, 1, signal, &batch));
			assert_int_equal(batch.destination, 1);
			assert_int_equal(batch.signal, signal);
			assert_int_equal(spool_items(w->spool, 1, signal), 0);
			assert_batch(w, &batch, 100 * i, counts[i]);
			spool_remove(w->spool, &batch);
			assert_int_equal(count_files(w), 0);
		}
}

static void test_order(void **state)
{
	struct world *w = *state;
	struct spool_batch batch, second;

	live(w, 16 * MB);
	for (uint64_t i = 0; i < 8; i++)
		assert_true(write_batch(w, i % 2, i % 4 < 2 ? OTLP_LOGS : OTLP_TRACES, 10 * i, 1));
	/* 1 and 5 are logs of destination 1; 0 and 4 of destination 0. */
	assert_true(spool_take(w->spool, 1, OTLP_LOGS, &batch));
	assert_batch(w, &batch, 10, 1);
	assert_true(spool_take(w->spool, 1, OTLP_LOGS, &second));
	assert_batch(w, &second, 50, 1);
	assert_false(spool_take(w->spool, 1, OTLP_LOGS, &(struct spool_batch){0}));
	assert_int_equal(spool_items(w->spool, 1, OTLP_LOGS), 0);
	spool_put_back(w->spool, &second);
	spool_put_back(w->spool, &batch);
	assert_int_equal(spool_items(w->spool, 1, OTLP_LOGS), 4);
	assert_true(spool_take(w->spool, 1, OTLP_LOGS, &batch));
	assert_batch(w, &batch, 10, 1);
	spool_put_back(w->spool, &batch);
	for (uint64_t i = 0; i < 8; i++) {
		assert_true(spool_take_oldest(w->spool, &batch));
		assert_batch(w, &batch, 10 * i, 1);
		if (i % 2)
			spool_remove(w->spool, &batch);
	}
	assert_false(spool_take_oldest(w->spool, &batch));
	assert_int_equal(count_files(w), 4);
}

static void test_maybe_sent(void **state)
{
	struct world *w = *state;
	struct spool_batch batch;

	live(w, 16 * MB);
	assert_true(write_batch(w, 0, OTLP_LOGS, 1, 3));
	assert_true(spool_take(w->spool, 0, OTLP_LOGS, &batch));
	assert_false(batch.maybe_sent);
	assert_batch(w, &batch, 1, 3);
	batch.maybe_sent = true;
	spool_put_back(w->spool, &batch);
	assert_true(spool_take(w->spool, 0, OTLP_LOGS, &batch));
	assert_true(batch.maybe_sent);
	assert_batch(w, &batch, 1, 3);
}

static void test_next_life(void **state)
{
	struct world *w = *state;
	struct spool_batch batch;
	struct stat st;

	live(w, 16 * MB);
	assert_record(w, "");
	for (uint64_t i = 0; i < 20; i++)
		assert_true(write_batch(w, i % 2, OTLP_METRICS, 100 * i, i + 1));
	assert_int_equal(stat(file_of(w, 20), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(w->folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* What was taken when life ended is there again. */
	assert_true(spool_take_oldest(w->spool, &batch));
	live(w, 16 * MB);
	assert_int_equal(spool_items(w->spool, 0, OTLP_METRICS), 200);
	assert_int_equal(spool_items(w->spool, 1, OTLP_METRICS), 220);
	assert_true(write_batch(w, 0, OTLP_METRICS, 5000, 1));
	for (uint64_t i = 0; i < 20; i++) {
		assert_true(spool_take_oldest(w->spool, &batch));
		assert_batch(w, &batch, 100 * i, i + 1);
		spool_remove(w->spool, &batch);
	}
	assert_true(spool_take_oldest(w->spool, &batch));
	assert_batch(w, &batch, 5000, 1);
	assert_int_equal(said(w, "lull:"), 0);
}

static void test_limit(void **state)
{
	struct world *w = *state;
	struct spool_batch batch;
	unsigned count = 0;

	live(w, 10000);
	assert_true(spool_takes(w->spool, 9000));
	assert_false(spool_takes(w->spool, 10000));
	while (spool_has_room(w->spool, 900)) {
		assert_true(write_batch(w, 0, OTLP_LOGS, 1, 3));
		assert_true(++count < 100);
	}
	assert_true(count > 5);
	assert_false(write_batch(w, 0, OTLP_LOGS, 1, 4));
	assert_int_equal(count_files(w), count);
	/* What is taken is still on disk. */
	assert_true(spool_take_oldest(w->spool, &batch));
	assert_false(spool_has_room(w->spool, 900));
	spool_remove(w->spool, &batch);
	assert_true(spool_has_room(w->spool, 900));
	assert_true(spool_takes(w->spool, 9000));
	/* A life with less takes up all the same. */
	live(w, 1000);
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 6 * (count - 1));
	assert_false(spool_has_room(w->spool, 1));
	assert_false(write_batch(w, 0, OTLP_LOGS, 1, 1));
}

/* Room for payload that a table of many small members would exceed: what was said holds. */
static void test_room_is_room(void **state)
{
	struct world *w = *state;
	struct payload_list list = make_members(w, OTLP_LOGS, 1, 50);

	live(w, list.bytes + SPOOL_HEAD + SPOOL_MEMBER);
	assert_true(spool_has_room(w->spool, list.bytes));
	assert_true(spool_write(w->spool, 0, OTLP_LOGS, &list));
	assert_false(spool_has_room(w->spool, 1));
	payload_list_free(&list);
}

static void test_number_of_files(void **state)
{
	struct world *w = *state;
	struct spool_batch batch;

	live(w, 64 * MB);
	for (unsigned i = 0; i < SPOOL_FILES; i++)
		assert_true(write_batch(w, 0, OTLP_LOGS, i, 1));
	assert_false(spool_has_room(w->spool, 1));
	assert_false(write_batch(w, 0, OTLP_LOGS, 1, 1));
	assert_int_equal(count_files(w), SPOOL_FILES);
	live(w, 64 * MB);
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 2 * SPOOL_FILES);
	assert_true(spool_take_oldest(w->spool, &batch));
	spool_remove(w->spool, &batch);
	assert_true(write_batch(w, 0, OTLP_LOGS, 1, 1));
}

/* Of valid files, too, no more are taken up. */
static void test_index_is_bounded(void **state)
{
	struct spool_index index = {0};
	struct spool_batch batch = {.bytes = 1};

	(void)state;
	for (; batch.number < SPOOL_FILES; batch.number++) {
		assert_true(spool_index_reserve(&index));
		spool_index_add(&index, &batch);
	}
	assert_false(spool_index_reserve(&index));
	spool_index_remove(&index, spool_index_find(&index, 500));
	assert_true(spool_index_reserve(&index));
	assert_int_equal(index.bytes, SPOOL_FILES - 1);
	assert_null(spool_index_find(&index, 500));
	spool_index_free(&index);
}

static void test_off(void **state)
{
	struct world *w = *state;
	struct payload_list list = make_members(w, OTLP_LOGS, 1, 1);
	struct spool_batch batch = {.number = 1};

	live(w, 0);
	for (int i = 0; i < 2; i++) {
		struct spool *spool = i ? NULL : w->spool;

		spool_open(spool, &two_known);
		assert_false(spool_takes(spool, 0));
		assert_false(spool_has_room(spool, 0));
		assert_false(spool_write(spool, 0, OTLP_LOGS, &list));
		assert_int_equal(spool_items(spool, 0, OTLP_LOGS), 0);
		assert_false(spool_take(spool, 0, OTLP_LOGS, &batch));
		assert_false(spool_take_oldest(spool, &batch));
		assert_false(spool_read(spool, &batch, 0, &w->held, &list));
		spool_put_back(spool, &batch);
		spool_remove(spool, &batch);
		spool_write_record(spool, slice_str("books"));
		assert_int_equal(spool_record(spool).len, 0);
	}
	assert_int_equal(access(w->folder, F_OK), -1);
	/* Before it is opened nothing is written either. */
	spool_free(w->spool);
	w->spool = spool_new(w->folder, MB);
	assert_false(spool_write(w->spool, 0, OTLP_LOGS, &list));
	spool_write_record(w->spool, slice_str("books"));
	assert_int_equal(access(w->folder, F_OK), -1);
	payload_list_free(&list);
}

static void test_refused_batches(void **state)
{
	struct world *w = *state;
	struct payload_list none = {0}, list = make_members(w, OTLP_LOGS, 1, 1);

	live(w, 64 * MB);
	assert_false(spool_write(w->spool, 0, OTLP_LOGS, &none));
	assert_false(spool_write(w->spool, SPOOL_DESTINATIONS, OTLP_LOGS, &list));
	assert_false(spool_takes(w->spool, SPOOL_FILE_LIMIT + 1));
	payload_list_free(&list);
	assert_int_equal(count_files(w), 0);
}

/* Every allocation fails once: nothing is lost that was told to be there. */
static void test_short_memory(void **state)
{
	struct world *w = *state;
	struct spool_batch batch;
	unsigned failed = 0;

	live(w, 16 * MB);
	for (int which = 0; which < 2; which++)
		for (int i = 1; i < 8; i++) {
			struct payload_list list = make_members(w, OTLP_LOGS, 1, 40);
			size_t files = count_files(w);
			bool ok;

			*(which ? &short_heap_at : &short_memory_at) = i;
			ok = spool_write(w->spool, 0, OTLP_LOGS, &list);
			short_heap_at = short_memory_at = 0;
			failed += !ok;
			assert_int_equal(count_files(w), files + ok);
			payload_list_free(&list);
		}
	assert_true(failed >= 3); /* index, head, parts */
	assert_true(spool_take_oldest(w->spool, &batch));
	for (int which = 0; which < 2; which++)
		for (int i = 1; i < 100; i++) {
			struct payload_list list = {0};
			bool ok;

			*(which ? &short_heap_at : &short_memory_at) = i;
			ok = spool_read(w->spool, &batch, 77, &w->held, &list);
			short_heap_at = short_memory_at = 0;
			assert_int_equal(list.count, ok ? 40 : 0);
			assert_true(ok || i < 90);
			failed += !ok;
			payload_list_free(&list);
			assert_int_equal(w->held, 0);
		}
	assert_true(failed >= 3 + 40 + 40);
	assert_batch(w, &batch, 1, 40);
}

static void test_short_memory_at_start(void **state)
{
	struct world *w = *state;

	live(w, 16 * MB);
	assert_true(write_batch(w, 0, OTLP_LOGS, 1, 1));
	spool_free(w->spool);
	short_heap_at = 1;
	w->spool = spool_new(w->folder, MB);
	assert_null(w->spool);
	w->spool = spool_new(w->folder, MB);
	short_memory_at = 1;
	spool_open(w->spool, &two_known);
	short_memory_at = 0;
	/* Not known of, but not overwritten, and said. */
	assert_int_equal(said(w, "left alone"), 1);
	assert_true(write_batch(w, 0, OTLP_LOGS, 100, 1));
	live(w, MB);
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 4);
}

static void test_record(void **state)
{
	static char longest[SPOOL_RECORD + 2];
	struct world *w = *state;
	struct stat st;

	memset(longest, 'x', SPOOL_RECORD + 1);
	live(w, MB);
	assert_record(w, "");
	spool_write_record(w->spool, slice_str("one, which is longer"));
	spool_write_record(w->spool, slice_str("two"));
	assert_int_equal(stat(inside(w, "record"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	live(w, MB);
	assert_record(w, "two");
	assert_int_equal(said(w, "lull:"), 0);
	/* The first writing ends what was read. */
	spool_write_record(w->spool, slice_of(longest, SPOOL_RECORD));
	assert_record(w, "");
	live(w, MB);
	assert_int_equal(spool_record(w->spool).len, SPOOL_RECORD);
	/* Who lives again without a word leaves what was there. */
	live(w, MB);
	assert_int_equal(spool_record(w->spool).len, SPOOL_RECORD);
	/* What does not fit is not half there, nor is what was before it. */
	spool_write_record(w->spool, slice_of(longest, SPOOL_RECORD + 1));
	live(w, MB);
	assert_record(w, "");
	spool_write_record(w->spool, slice_str("three"));
	spool_write_record(w->spool, slice_of(longest, 0));
	live(w, MB);
	assert_record(w, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_round_trip),
		WITH_WORLD(test_order),
		WITH_WORLD(test_maybe_sent),
		WITH_WORLD(test_next_life),
		WITH_WORLD(test_limit),
		WITH_WORLD(test_room_is_room),
		WITH_WORLD(test_number_of_files),
		WITH_WORLD(test_index_is_bounded),
		WITH_WORLD(test_off),
		WITH_WORLD(test_refused_batches),
		WITH_WORLD(test_short_memory),
		WITH_WORLD(test_short_memory_at_start),
		WITH_WORLD(test_record),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
