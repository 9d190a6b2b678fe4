/* SPDX-License-Identifier: Apache-2.0 */
/* What a life before left in the spool. */
#ifndef TESTS_UNIT_SPOOL_LEFT_H
#define TESTS_UNIT_SPOOL_LEFT_H

#include "spool_world.h"

/* The next start finds `good` batches and passes over `bad` files. */
static inline void assert_found(struct world *w, size_t good, unsigned bad)
{
	char text[40] = "";

	if (bad)
		snprintf(text, sizeof text, "%u files in", bad);
	live(w, 16 * MB);
	assert_int_equal(spool_items(w->spool, 0, OTLP_LOGS), 2 * good);
	assert_int_equal(said(w, "left alone"), bad ? 1 : 0);
	if (bad)
		assert_int_equal(said(w, text), 1);
}

/* Files 1 to 3, and nobody lives. */
static inline void leave_three(struct world *w)
{
	live(w, 16 * MB);
	for (unsigned i = 1; i <= 3; i++)
		assert_true(write_batch(w, 0, OTLP_LOGS, 10 * i, 1));
	spool_free(w->spool);
	w->spool = NULL;
}

/* The first of them is not read, and goes. */
static inline void assert_first_unreadable(struct world *w)
{
	struct spool_batch batch;

	assert_true(spool_take_oldest(w->spool, &batch));
	alarm(60);
	assert_unreadable(w, &batch);
	alarm(0);
	spool_remove(w->spool, &batch);
	assert_int_equal(access(file_of(w, 1), F_OK), -1);
}

#endif
