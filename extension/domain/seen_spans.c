/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/seen_spans.h"

#include <string.h>

#include "base/now.h"

#define MS ((uint64_t)NS_PER_MS)

static bool same_trace(const struct seen_span *a, const struct seen_span *b)
{
	return trace_id_equal(a->context.trace_id, b->context.trace_id);
}

static bool encloses(const struct seen_span *outer, const struct seen_span *inner)
{
	return outer->start <= inner->start && inner->end <= outer->end;
}

static bool are_siblings(const struct seen_span *a, const struct seen_span *b)
{
	return span_id_is_set(a->parent) && span_id_equal(a->parent, b->parent);
}

static unsigned kept(const struct seen_spans *seen)
{
	return seen->count < SEEN_SPANS ? seen->count : SEEN_SPANS;
}

/* Is the place of `span` taken by `known`, or does it take that? */
static bool meets(struct seen_span *known, const struct seen_span *span)
{
	if (known->rank != span->rank || known->request != span->request ||
	    !same_trace(known, span))
		return false;
	if (span_id_equal(known->context.span_id, span->context.span_id))
		return true;
	if (are_siblings(known, span))
		return false;
	if (encloses(known, span))
		return true;
	if (!encloses(span, known))
		return false;
	*known = *span;
	return true;
}

bool seen_spans_add(struct seen_spans *seen, const struct seen_span *span)
{
	struct seen_span *place = &seen->ring[seen->count % SEEN_SPANS];

	for (unsigned i = 0; i < kept(seen); i++)
		if (meets(&seen->ring[i], span))
			return false;
	if (seen->count >= SEEN_SPANS && place->start > seen->lost)
		seen->lost = place->start;
	*place = *span;
	seen->count++;
	return true;
}

void seen_spans_doubt(struct seen_spans *seen, const struct seen_span *span)
{
	seen->doubted[seen->doubts++ % SEEN_DOUBTS] = *span;
}

void seen_spans_settle(struct seen_spans *seen, const uint8_t trace_id[static TRACE_ID_SIZE],
		       const uint8_t parent[static SPAN_ID_SIZE])
{
	for (unsigned i = 0; i < SEEN_DOUBTS && i < seen->doubts; i++) {
		struct seen_span span = seen->doubted[i];

		if (!trace_id_equal(span.context.trace_id, trace_id) ||
		    !span_id_equal(span.parent, parent))
			continue;
		span.rank = SEEN_ROOT;
		seen_spans_add(seen, &span);
	}
}

bool seen_window_has(const struct seen_window *w, uint64_t time)
{
	uint64_t at = time / MS;

	return w->by_time && at >= w->from / MS && at <= w->until / MS;
}

bool seen_window_lost(const struct seen_window *w, uint64_t latest)
{
	return latest > 0 && latest / MS >= w->from / MS;
}

static bool is_in(const struct seen_span *span, const struct seen_window *w, enum seen_rank rank)
{
	if (span->rank != rank)
		return false;
	return rank == SEEN_OWN ? span->request == w->request : seen_window_has(w, span->start);
}

static struct span_set of_rank(const struct seen_spans *seen, const struct seen_window *window,
			       enum seen_rank rank)
{
	struct span_set set = {.count = 0};

	for (unsigned i = 0; i < kept(seen); i++) {
		if (!is_in(&seen->ring[i], window, rank))
			continue;
		if (set.count == SPAN_SET) {
			set.incomplete = true;
			return set;
		}
		set.spans[set.count++] = &seen->ring[i];
	}
	set.incomplete = rank == SEEN_OWN ? set.count < window->own
					  : seen_window_lost(window, seen->lost);
	return set;
}

/* Only those of other traces than the whole's. */
static void leave_out_trace(struct span_set *parts, const struct seen_span *whole)
{
	unsigned count = 0;

	for (unsigned i = 0; i < parts->count; i++)
		if (!same_trace(parts->spans[i], whole))
			parts->spans[count++] = parts->spans[i];
	parts->count = count;
}

struct request_spans seen_spans_of(const struct seen_spans *seen, const struct seen_window *window)
{
	struct request_spans spans = {.rank = SEEN_OWN};

	spans.whole = of_rank(seen, window, SEEN_OWN);
	if (spans.whole.count == 1) {
		spans.parts = of_rank(seen, window, SEEN_ENTRY);
		leave_out_trace(&spans.parts, spans.whole.spans[0]);
	}
	while (spans.whole.count == 0 && spans.rank > SEEN_ROOT)
		spans.whole = of_rank(seen, window, --spans.rank);
	return spans;
}

/* ---- Which trace ---- */

static bool one_trace(const struct span_set *set, struct trace_context *trace)
{
	*trace = (struct trace_context){0};
	if (set->count == 0 || set->incomplete)
		return false;
	for (unsigned i = 1; i < set->count; i++)
		if (!same_trace(set->spans[i], set->spans[0]))
			return false;
	*trace = set->spans[0]->context;
	if (set->count > 1)
		memset(trace->span_id, 0, SPAN_ID_SIZE);
	return true;
}

bool request_spans_trace(const struct request_spans *spans, struct trace_context *trace)
{
	return one_trace(&spans->whole, trace);
}

bool request_spans_parent(const struct request_spans *spans, uint8_t parent[static SPAN_ID_SIZE])
{
	const struct span_set *set = &spans->whole;
	struct trace_context trace;

	memset(parent, 0, SPAN_ID_SIZE);
	if (!one_trace(set, &trace))
		return false;
	for (unsigned i = 1; i < set->count; i++)
		if (!span_id_equal(set->spans[i]->parent, set->spans[0]->parent))
			return false;
	memcpy(parent, set->spans[0]->parent, SPAN_ID_SIZE);
	return span_id_is_set(parent);
}

enum faas_trigger request_spans_trigger(const struct request_spans *spans)
{
	const struct span_set *set = &spans->whole;

	for (unsigned i = 1; i < set->count; i++)
		if (set->spans[i]->trigger != set->spans[0]->trigger)
			return TRIGGER_UNKNOWN;
	return set->count > 0 && !set->incomplete ? set->spans[0]->trigger : TRIGGER_UNKNOWN;
}

static struct span_set enclosing(const struct span_set *set, uint64_t time)
{
	uint64_t last = time % MS ? time : time + MS - 1;
	struct span_set found = {.incomplete = set->incomplete};

	for (unsigned i = 0; i < set->count; i++)
		if (set->spans[i]->start <= last && set->spans[i]->end >= time)
			found.spans[found.count++] = set->spans[i];
	return found;
}

bool request_spans_at(const struct request_spans *spans, uint64_t time, struct trace_context *trace)
{
	const struct span_set *several = spans->whole.count > 1 ? &spans->whole : &spans->parts;
	struct span_set found;

	if (several->count > 0) {
		found = enclosing(several, time);
		if (one_trace(&found, trace))
			return true;
	}
	return one_trace(&spans->whole, trace);
}
