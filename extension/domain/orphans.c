/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/orphans.h"

/* Every span comes by here. */
static inline struct orphans_parent *find(struct orphans *o, const struct trace_context *span)
{
	for (unsigned i = 0; i < o->count; i++)
		if (span_id_equal(o->parents[i].context.span_id, span->span_id) &&
		    trace_id_equal(o->parents[i].context.trace_id, span->trace_id))
			return &o->parents[i];
	return NULL;
}

static void take_out(struct orphans *o, struct orphans_parent *parent)
{
	*parent = o->parents[--o->count];
}

static void drop_oldest(struct orphans *o)
{
	struct orphans_parent *oldest = o->parents;

	for (unsigned i = 1; i < o->count; i++)
		if (o->parents[i].last < oldest->last)
			oldest = &o->parents[i];
	if (oldest->last > o->lost)
		o->lost = oldest->last;
	take_out(o, oldest);
}

void orphans_add(struct orphans *o, const struct trace_context *parent, bool local, uint64_t start)
{
	struct orphans_parent *known = find(o, parent);

	if (!known && o->count == ORPHANS)
		drop_oldest(o);
	if (!known) {
		known = &o->parents[o->count++];
		*known = (struct orphans_parent){*parent, local, start, start};
		return;
	}
	known->local |= local;
	if (start < known->first)
		known->first = start;
	if (start > known->last)
		known->last = start;
}

void orphans_came(struct orphans *o, const struct trace_context *span)
{
	struct orphans_parent *known = find(o, span);

	if (known)
		take_out(o, known);
}
