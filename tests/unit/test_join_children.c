/* SPDX-License-Identifier: Apache-2.0 */
/* The trace of a request whose own span never came, by the spans within it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/join_children.h"
#include "spans_make.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define HEADER "Root=1-01000000-000000000000000000000000;Sampled=1;Parent=0900000000000000"
#define LOCAL 0x100 /* SpanFlags: it is known where the parent is */
#define REMOTE 0x300
#define MORE (ORPHANS + 1)

static void end(struct invocations *table, const char *id, const char *status, uint64_t ms)
{
	tell_status(table, EVENT_RUNTIME_DONE, id, status, ms);
}

/* What is known of that request: its trace, the parent it stands below, the span that was never
 * sent. */
static void require_known(const struct invocation *entry, uint8_t trace, uint8_t parent,
			  uint8_t unsent)
{
	assert_int_equal(entry->source, trace ? TRACE_CHILDREN : TRACE_UNKNOWN);
	assert_int_equal(entry->trace.trace_id[0], trace);
	assert_false(span_id_is_set(entry->trace.span_id));
	assert_int_equal(entry->parent[0], parent);
	assert_int_equal(entry->unsent[0], unsent);
}

/* A request with a header timed out after those spans. The header's trace is 1, its parent 9. */
static void test_what_spans_tell(void **state)
{
	static const struct {
		struct sent spans[3];
		uint8_t trace, parent, unsent;
	} cells[] = {
		/* a call of the handler's, whose span was open: it stands for that */
		{{{2, 5, 4, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL}}, 2, 0, 4},
		{{{2, 5, 4, SPAN_KIND_INTERNAL, LOCAL, 110, 250, NULL, NULL}}, 2, 0, 4},
		{{{2, 5, 4, SPAN_KIND_PRODUCER, LOCAL, 110, 250, NULL, NULL},
		  {2, 6, 4, SPAN_KIND_CLIENT, LOCAL, 120, 250, NULL, NULL}},
		 2,
		 0,
		 4},
		/* one within the other, in any order */
		{{{2, 6, 5, SPAN_KIND_CLIENT, LOCAL, 120, 250, NULL, NULL},
		  {2, 5, 4, SPAN_KIND_INTERNAL, LOCAL, 110, 250, NULL, NULL}},
		 2,
		 0,
		 4},
		/* two were open: which is the outer one nobody knows */
		{{{2, 6, 5, SPAN_KIND_CLIENT, LOCAL, 120, 250, NULL, NULL},
		  {2, 7, 4, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL}},
		 2,
		 0,
		 0},
		/* nobody says where the parent is: beside them, for it may be the caller's */
		{{{2, 5, 4, SPAN_KIND_CLIENT, 0, 110, 250, NULL, NULL}}, 2, 4, 0},
		{{{2, 5, 4, SPAN_KIND_INTERNAL, 0, 110, 250, NULL, NULL}}, 2, 4, 0},
		/* the header does, in its trace */
		{{{1, 5, 4, SPAN_KIND_CLIENT, 0, 110, 250, NULL, NULL}}, 1, 9, 4},
		{{{1, 5, 9, SPAN_KIND_CLIENT, 0, 110, 250, NULL, NULL}}, 1, 9, 0},
		{{{1, 5, 4, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL},
		  {1, 6, 3, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL}},
		 1,
		 9,
		 0},
		/* two traces */
		{{{2, 5, 4, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL},
		  {3, 6, 8, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL}},
		 0,
		 0,
		 0},
		/* not of its time */
		{{{2, 5, 4, SPAN_KIND_CLIENT, LOCAL, 99, 250, NULL, NULL}}, 0, 0, 0},
		{{{2, 5, 4, SPAN_KIND_CLIENT, LOCAL, 201, 250, NULL, NULL}}, 0, 0, 0},
		{{{2, 5, 4, SPAN_KIND_CLIENT, LOCAL, 99, 250, NULL, NULL},
		  {2, 6, 4, SPAN_KIND_CLIENT, LOCAL, 100, 250, NULL, NULL}},
		 2,
		 0,
		 4},
		/* begins a trace, or goes on with the caller's */
		{{{2, 5, 0, SPAN_KIND_CLIENT, 0, 110, 250, NULL, NULL}}, 0, 0, 0},
		{{{2, 5, 4, SPAN_KIND_CLIENT, REMOTE, 110, 250, NULL, NULL}}, 0, 0, 0},
		/* what was called last ended, and was sent, last */
		{{{2, 5, 4, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL},
		  {2, 4, 0, SPAN_KIND_CLIENT, 0, 105, 250, NULL, NULL}},
		 0,
		 0,
		 0},
		/* without ids */
		{{{0, 5, 4, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL}}, 0, 0, 0},
		{{{2, 0, 4, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL}}, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cells); i++) {
		struct invocations t = {0};
		size_t n = 0;

		while (n < LENGTH(cells[i].spans) && cells[i].spans[n].kind)
			n++;
		begin(&t, "a", HEADER, 100);
		see(&t, cells[i].spans, n);
		require_known(&t.ring[0], 0, 0, 0);
		end(&t, "a", "timeout", 200);
		require_known(&t.ring[0], cells[i].trace, cells[i].parent, cells[i].unsent);
		/* They may be faster than INVOKE, and later than the end. */
		t = (struct invocations){0};
		see(&t, cells[i].spans, n);
		begin(&t, "a", HEADER, 100);
		end(&t, "a", "timeout", 200);
		require_known(&t.ring[0], cells[i].trace, cells[i].parent, cells[i].unsent);
		t = (struct invocations){0};
		begin(&t, "a", HEADER, 100);
		end(&t, "a", "timeout", 200);
		see(&t, cells[i].spans, n);
		join_by_children(&t, &t.ring[0]);
		require_known(&t.ring[0], cells[i].trace, cells[i].parent, cells[i].unsent);
	}
}

/* Only where it ends badly are they asked: else its own span is on its way. */
static void test_which_ends(void **state)
{
	static const struct {
		const char *status;
		bool asked;
	} cells[] = {{"timeout", true}, {"failure", true}, {"success", false}, {"error", false}};

	(void)state;
	for (size_t i = 0; i < LENGTH(cells); i++) {
		struct invocations t = {0};

		begin(&t, "a", "", 100);
		see(&t, &(struct sent){2, 5, 4, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL}, 1);
		end(&t, "a", cells[i].status, 200);
		require_known(&t.ring[0], cells[i].asked ? 2 : 0, 0, cells[i].asked ? 4 : 0);
	}
}

/* A span that stands for the request knows better, whenever it comes; and what came later may make
 * it uncertain again. */
static void test_what_knows_better(void **state)
{
	const struct sent call = {2, 5, 4, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL};
	const struct sent own = {3, 8, 0, SPAN_KIND_SERVER, 0, 105, 250, "faas.invocation_id", "a"};
	struct invocations t = {0};

	(void)state;
	begin(&t, "a", "", 100);
	see(&t, &call, 1);
	join_by_children(&t, &t.ring[0]);
	require_known(&t.ring[0], 2, 0, 4);
	see(&t, &own, 1);
	assert_int_equal(t.ring[0].source, TRACE_OWN_SPAN);
	assert_int_equal(t.ring[0].trace.span_id[0], 8);
	join_by_children(&t, &t.ring[0]);
	assert_int_equal(t.ring[0].source, TRACE_OWN_SPAN);
	assert_int_equal(t.ring[0].trace.trace_id[0], 3);

	t = (struct invocations){0};
	begin(&t, "a", "", 100);
	see(&t, &call, 1);
	join_by_children(&t, &t.ring[0]);
	see(&t, &(struct sent){7, 6, 1, SPAN_KIND_CLIENT, LOCAL, 120, 250, NULL, NULL}, 1);
	join_by_children(&t, &t.ring[0]);
	require_known(&t.ring[0], 0, 0, 0);
}

/* What the request before has left running is in that one's trace, and says nothing of this one. */
static void test_left_by_another(void **state)
{
	const struct sent left = {2, 6, 5, SPAN_KIND_CLIENT, LOCAL, 310, 250, NULL, NULL};
	struct invocations t = {0};

	(void)state;
	begin(&t, "a", "", 100);
	see(&t, &(struct sent){2, 4, 0, SPAN_KIND_SERVER, 0, 110, 250, "faas.invocation_id", "a"},
	    1);
	end(&t, "a", "success", 200);
	begin(&t, "b", "", 300);
	see(&t, &left, 1);
	end(&t, "b", "timeout", 400);
	require_known(&t.ring[1], 0, 0, 0);
	/* Nor does it hide what does. */
	see(&t, &(struct sent){3, 8, 7, SPAN_KIND_CLIENT, LOCAL, 320, 250, NULL, NULL}, 1);
	join_by_children(&t, &t.ring[1]);
	require_known(&t.ring[1], 3, 0, 7);
}

/* Two at once: whose a span is nobody knows. */
static void test_concurrent(void **state)
{
	struct invocations t = {.concurrent = true};

	(void)state;
	begin(&t, "a", "", 100);
	see(&t, &(struct sent){2, 5, 4, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL}, 1);
	end(&t, "a", "timeout", 200);
	require_known(&t.ring[0], 0, 0, 0);
	assert_int_equal(t.orphans.count, 0);
}

/* Of more than are kept nothing is certain, but what was in earlier requests is none of a later
 * one's. */
static void test_more_than_are_kept(void **state)
{
	struct invocations t = {0};

	(void)state;
	begin(&t, "a", "", 100);
	for (uint8_t i = 0; i < MORE; i++)
		see(&t, &(struct sent){2, 5, 50 + i, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL},
		    1);
	assert_int_equal(t.orphans.count, ORPHANS);
	join_by_children(&t, &t.ring[0]);
	require_known(&t.ring[0], 0, 0, 0);
	end(&t, "a", "success", 200);
	begin(&t, "b", "", 300);
	see(&t, &(struct sent){3, 5, 4, SPAN_KIND_CLIENT, LOCAL, 310, 250, NULL, NULL}, 1);
	end(&t, "b", "timeout", 400);
	require_known(&t.ring[1], 3, 0, 4);
	/* However many open parents there are, all that come are let go. */
	t = (struct invocations){0};
	begin(&t, "a", "", 100);
	for (uint8_t i = 0; i < 3 * MORE; i++) {
		see(&t, &(struct sent){2, 5, 50 + i, SPAN_KIND_CLIENT, LOCAL, 110, 250, NULL, NULL},
		    1);
		see(&t,
		    &(struct sent){2, 50 + i, 4, SPAN_KIND_INTERNAL, LOCAL, 105, 250, NULL, NULL},
		    1);
	}
	end(&t, "a", "timeout", 200);
	require_known(&t.ring[0], 2, 0, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_spans_tell),   cmocka_unit_test(test_which_ends),
		cmocka_unit_test(test_what_knows_better), cmocka_unit_test(test_left_by_another),
		cmocka_unit_test(test_concurrent),        cmocka_unit_test(test_more_than_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
