/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/join_children.h"

#include <string.h>

#include "domain/join_request.h"

/* ---- What comes ---- */

void join_note_child(struct invocations *table, const struct otlp_span *span,
		     const struct seen_span *seen, bool child)
{
	struct trace_context parent = seen->context;

	/* Where several run at once nothing is told by time. */
	if (table->concurrent)
		return;
	if (table->orphans.count > 0)
		orphans_came(&table->orphans, &seen->context);
	if (!child || span->remote_parent == REMOTE_YES)
		return;
	memcpy(parent.span_id, seen->parent, SPAN_ID_SIZE);
	orphans_add(&table->orphans, &parent, span->remote_parent == REMOTE_NO, seen->start);
}

/* ---- What it tells ---- */

/* What a request has left running goes on in the time of the next. */
static bool is_of_another(const struct invocations *table, const struct invocation *entry,
			  const struct orphans_parent *parent)
{
	for (unsigned i = 0; i < INVOCATIONS && i < table->count; i++) {
		const struct invocation *other = &table->ring[i];

		if (other != entry && other->source > TRACE_CHILDREN &&
		    trace_id_equal(other->trace.trace_id, parent->context.trace_id))
			return true;
	}
	return false;
}

static bool counts(const struct invocations *table, const struct invocation *entry,
		   const struct seen_window *window, const struct orphans_parent *parent)
{
	return (seen_window_has(window, parent->first) || seen_window_has(window, parent->last)) &&
	       !is_of_another(table, entry, parent);
}

/* What all of them have in common: the trace, and the parent, which is all zero where there are
 * several. */
static bool find(const struct invocations *table, const struct invocation *entry,
		 struct orphans_parent *found)
{
	const struct seen_window window = join_window(table, entry);
	const struct orphans *orphans = &table->orphans;
	unsigned count = 0;

	if (!window.by_time || seen_window_lost(&window, orphans->lost))
		return false;
	for (unsigned i = 0; i < orphans->count; i++) {
		const struct orphans_parent *parent = &orphans->parents[i];

		if (!counts(table, entry, &window, parent))
			continue;
		if (count > 0 && !trace_id_equal(parent->context.trace_id, found->context.trace_id))
			return false;
		if (count++ == 0)
			*found = *parent;
		else
			memset(found->context.span_id, 0, SPAN_ID_SIZE);
	}
	return count > 0;
}

/* The one parent is the span that was open when the request ended, so that what stands in for it is
 * the parent of what came: but only where that is certain not to be the span of who called. */
static void settle_parents(struct invocation *entry, const struct orphans_parent *found)
{
	const struct xray_header *header = &entry->header;
	bool of_header = trace_id_equal(header->trace_id, entry->trace.trace_id);
	bool called = of_header && span_id_is_set(header->parent);
	bool local = found->local ||
		     (called && !span_id_equal(header->parent, found->context.span_id));
	bool one = span_id_is_set(found->context.span_id);

	if (one && local)
		memcpy(entry->unsent, found->context.span_id, SPAN_ID_SIZE);
	if (one && !local)
		memcpy(entry->parent, found->context.span_id, SPAN_ID_SIZE);
	else if (called)
		memcpy(entry->parent, header->parent, SPAN_ID_SIZE);
}

void join_by_children(struct invocations *table, struct invocation *entry)
{
	struct orphans_parent found;

	if (entry->source > TRACE_CHILDREN)
		return;
	entry->source = TRACE_UNKNOWN;
	entry->trace = (struct trace_context){0};
	memset(entry->parent, 0, SPAN_ID_SIZE);
	memset(entry->unsent, 0, SPAN_ID_SIZE);
	if (!find(table, entry, &found))
		return;
	entry->source = TRACE_CHILDREN;
	memcpy(entry->trace.trace_id, found.context.trace_id, TRACE_ID_SIZE);
	settle_parents(entry, &found);
}
