/* SPDX-License-Identifier: Apache-2.0 */
#include "platform_tracing.h"

#include <stdio.h>
#include <string.h>

#include "domain/join_children.h"
#include "domain/join_values.h"
#include "edges/proc_read.h"
#include "edges/random.h"

/* All may be decided at once, with init and restore. */
_Static_assert(SPAN_REQUEST_SPANS == INVOCATIONS + 2, "no span is left out");

/* ---- Last words ---- */

void tracing_keep_words(struct platform_tracing *t, const struct invocation *invocation)
{
	struct kept_words *words = &t->words;

	if (!t->config->last_words || t->config->invocation_spans == SPANS_NEVER ||
	    words->number == invocations_number(t->invocations, invocation))
		return;
	words->number = invocations_number(t->invocations, invocation);
	words->log.len = words->span.len = words->connections.len = 0;
	last_lines_read(&t->lines, &words->log);
	/* Spans come when the SDK likes: it may be one of the request before. */
	if (t->last_span_end >= invocation->start)
		bytes_add(&words->span, slice_str(t->last_span));
	proc_connections(t->runtime_api, &words->connections);
	words->memory = proc_memory_used();
}

void tracing_last_span(struct platform_tracing *t, const struct last_span *last)
{
	if (last->name.len == 0)
		return;
	snprintf(t->last_span, sizeof t->last_span, "%.*s", (int)last->name.len,
		 (const char *)last->name.data);
	t->last_span_end = last->end;
}

/* ---- What comes in ---- */

static struct request_end *end_of(struct platform_tracing *t, const struct invocation *invocation)
{
	return request_ends_at(&t->ends, invocations_number(t->invocations, invocation));
}

bool tracing_event(struct platform_tracing *t, const struct telemetry_event *event,
		   const struct invocation *invocation)
{
	switch (event->type) {
	case EVENT_INIT_START:
		phase_begin(&t->init, event);
		return false;
	case EVENT_RESTORE_START:
		phase_begin(&t->restore, event);
		return false;
	case EVENT_INIT_REPORT:
		phase_end(&t->init, event);
		return request_ends_init_out_of_memory(event, last_lines_all(&t->lines));
	case EVENT_RESTORE_REPORT:
		phase_end(&t->restore, event);
		return false;
	case EVENT_START:
		if (!t->invocations->concurrent)
			last_lines_clear(&t->lines);
		return false;
	default:
		break;
	}
	if (!invocation)
		return false;
	if (outcome_is_abnormal(invocation->outcome))
		tracing_keep_words(t, invocation);
	return request_ends_event(end_of(t, invocation), event, invocation,
				  last_lines_all(&t->lines));
}

bool tracing_line(struct platform_tracing *t, const struct telemetry_event *event,
		  const struct invocation *invocation)
{
	struct request_end *end;

	last_lines_add(&t->lines, event);
	if (!invocation)
		return false;
	end = end_of(t, invocation);
	request_ends_line(end, last_lines_last(&t->lines));
	/* Few are told so late. */
	if (!invocation->done || invocation->outcome == INVOCATION_SUCCESS)
		return false;
	return request_ends_lines(end, invocation, last_lines_last(&t->lines));
}

bool tracing_ended(struct platform_tracing *t, const struct invocation *invocation)
{
	return request_ends_lines(end_of(t, invocation), invocation, last_lines_all(&t->lines));
}

/* ---- Which trace ---- */

/* An SDK that is at work has been heard when not only the first request has ended: one that sends
 * in batches is frozen before it does. */
static bool sdk_had_time(const struct platform_tracing *t)
{
	const struct invocation *second = invocations_at(t->invocations, 2);

	return t->invocations->count > 2 || (second && second->outcome != INVOCATION_RUNS);
}

/* Has the sampling of a trace that is known by its header alone dropped it? */
static bool is_dropped(const struct invocation *invocation, enum trace_source source)
{
	return source <= TRACE_XRAY && invocation->header.sampled == XRAY_NOT_SAMPLED;
}

/* Ids beside the spans of that request, whose parent is theirs; of a trace of its own where nothing
 * is known. */
static struct span_ids ids_beside(const struct platform_tracing *t,
				  const struct invocation *invocation)
{
	enum trace_source source = TRACE_UNKNOWN;
	struct span_ids ids = {0};
	struct trace_context trace;

	random_bytes(ids.own.span_id, SPAN_ID_SIZE);
	if (invocation)
		source = invocations_trace(t->invocations, invocation, &trace);
	if (source == TRACE_UNKNOWN)
		random_bytes(ids.own.trace_id, TRACE_ID_SIZE);
	else
		memcpy(ids.own.trace_id, trace.trace_id, TRACE_ID_SIZE);
	if (source == TRACE_XRAY)
		memcpy(ids.parent, invocation->header.parent, SPAN_ID_SIZE);
	else if (source > TRACE_XRAY)
		memcpy(ids.parent, invocation->parent, SPAN_ID_SIZE);
	return ids;
}

/* The values of the correlation keys that the request has. */
static void add_values(const struct platform_tracing *t, const struct invocation *invocation,
		       struct span_request *r, Otlp__Span *span)
{
	const struct otlp_keys *keys = &t->config->correlate_keys;
	struct slice values[OTLP_KEYS];

	if (!span || !invocation)
		return;
	join_values(t->invocations, invocation, values);
	for (unsigned i = 0; i < keys->count; i++)
		if (values[i].data)
			span_set_any(r, span, keys->names[i], values[i]);
}

/* ---- Decisions ---- */

static enum span_decision decide_phase(const struct platform_tracing *t,
				       const struct platform_phase *phase, bool all)
{
	const struct invocation *first = invocations_at(t->invocations, 1);
	struct trace_context trace;
	enum trace_source source;

	if (t->config->invocation_spans == SPANS_NEVER)
		return SPAN_NO;
	if (!phase->over)
		return SPAN_LATER;
	if (!first)
		return all || t->invocations->count > 0 ? SPAN_YES : SPAN_LATER;
	source = invocations_trace(t->invocations, first, &trace);
	if (!all && (first->outcome == INVOCATION_RUNS ||
		     (source <= TRACE_XRAY && !phase->failed && !sdk_had_time(t))))
		return SPAN_LATER;
	return is_dropped(first, source) && !phase->failed ? SPAN_NO : SPAN_YES;
}

static void settle_phase(struct platform_tracing *t, struct platform_phase *phase, bool all,
			 struct span_request *r)
{
	enum span_decision decision = phase->begun ? decide_phase(t, phase, all) : SPAN_LATER;
	const struct invocation *first = invocations_at(t->invocations, 1);
	const char *kind = phase == &t->init ? "init" : "restore";
	struct span_ids ids;

	if (decision == SPAN_LATER)
		return;
	if (decision == SPAN_YES) {
		ids = ids_beside(t, first);
		add_values(t, first, r, span_add_phase(r, &ids, kind, t->function, phase));
		phase->span = ids.own;
	}
	phase->begun = false;
}

static enum span_decision decide(const struct platform_tracing *t,
				 const struct invocation *invocation, const struct request_end *end,
				 bool all)
{
	struct trace_context trace;
	enum trace_source source = invocations_trace(t->invocations, invocation, &trace);
	const struct span_view view = {
		.setting = t->config->invocation_spans,
		.outcome = invocation->outcome,
		.out_of_memory = end->out_of_memory,
		.own_span = source == TRACE_OWN_SPAN && !span_id_is_set(end->span_id),
		.sdk = t->invocations->sdk,
		.dropped = is_dropped(invocation, source),
		/* Or it never comes: another one runs. */
		.reported = all || invocation->reported ||
			    invocations_number(t->invocations, invocation) < t->invocations->count,
		.sdk_had_time = all || sdk_had_time(t),
	};

	return span_decide(&view);
}

/* Is the span that was open when the request ended known? Its process is gone, and will not send
 * it: what lull makes takes its place, so that the spans within it have their parent. */
static bool takes_place(const struct invocation *invocation)
{
	return invocation->source == TRACE_CHILDREN && span_id_is_set(invocation->unsent) &&
	       outcome_is_abnormal(invocation->outcome);
}

/* The ids of the span that lull makes, or will make when it knows all. Log lines and exemplars lead
 * to it from now on, where there is no other. */
static struct span_ids promise(struct platform_tracing *t, struct invocation *invocation,
			       struct request_end *end)
{
	struct span_ids ids = ids_beside(t, invocation);

	if (span_id_is_set(end->span_id))
		memcpy(ids.own.span_id, end->span_id, SPAN_ID_SIZE);
	else if (takes_place(invocation))
		memcpy(ids.own.span_id, invocation->unsent, SPAN_ID_SIZE);
	memcpy(end->span_id, ids.own.span_id, SPAN_ID_SIZE);
	if (invocation->source <= TRACE_CHILDREN) {
		invocation->trace = ids.own;
		memcpy(invocation->parent, ids.parent, SPAN_ID_SIZE);
		invocation->source = TRACE_OWN_SPAN;
	}
	return ids;
}

static void make_span(struct platform_tracing *t, struct invocation *invocation,
		      struct request_end *end, struct span_request *r)
{
	const struct kept_words *kept = &t->words;
	const struct last_words words = {bytes_slice(&kept->log), bytes_slice(&kept->span),
					 bytes_slice(&kept->connections), kept->memory};
	const struct invocation_span what = {
		.function = t->function,
		.invocation = invocation,
		.end = end,
		.coldstart = invocations_number(t->invocations, invocation) == 1,
		.words = kept->number == invocations_number(t->invocations, invocation) &&
					 invocation->outcome != INVOCATION_SUCCESS
				 ? &words
				 : NULL,
	};
	struct span_ids ids = promise(t, invocation, end);

	add_values(t, invocation, r, span_add_invocation(r, &ids, &what));
}

/* The span whose place was to be taken may have been under way when its process died. */
static void give_place_back(const struct invocation *invocation, struct request_end *end)
{
	bool came = invocation->source == TRACE_LOCAL_ROOT || invocation->own_spans > 0;

	if (came && span_id_equal(invocation->trace.span_id, end->span_id))
		memset(end->span_id, 0, SPAN_ID_SIZE);
}

static void settle(struct platform_tracing *t, struct invocation *invocation, bool all,
		   struct span_request *r)
{
	struct request_end *end = end_of(t, invocation);
	enum span_decision decision;

	if (end->settled)
		return;
	give_place_back(invocation, end);
	decision = decide(t, invocation, end, all);
	end->settled = decision == SPAN_YES || decision == SPAN_NO;
	if (decision == SPAN_AWAITED)
		promise(t, invocation, end);
	else if (decision == SPAN_YES)
		make_span(t, invocation, end, r);
}

static void put(struct platform_tracing *t, struct span_request *r, struct now now)
{
	struct otlp_verdict verdict = {.valid = true, .items = r->count};
	struct bytes message = {0};

	if (verdict.items > 0 && span_request_finish(r, &message) > 0)
		store_accept_own(t->store, OTLP_TRACES, &message, &verdict, now);
	else if (verdict.items > 0)
		store_lost(t->store, OTLP_TRACES, verdict.items);
	arena_free(&r->arena);
	bytes_free(&message);
}

/* Of one that ended badly without a span of its own, those within it say the trace. */
static void name_by_children(struct platform_tracing *t, struct invocation *invocation)
{
	if (outcome_is_abnormal(invocation->outcome) || end_of(t, invocation)->out_of_memory)
		join_by_children(t->invocations, invocation);
}

/* Requests are settled before what they began with: where nothing else names the trace of the
 * first, it is that of the span which is made of it. */
void tracing_flush(struct platform_tracing *t, bool all, struct now now)
{
	struct span_request phases = {0}, requests = {0};
	unsigned count = t->invocations->count;

	/* Its lines have it also where nobody takes spans. */
	for (size_t i = 0; i < INVOCATIONS && i < count; i++)
		name_by_children(t, &t->invocations->ring[i]);
	if (!store_takes(t->store, OTLP_TRACES))
		return;
	for (unsigned n = count > INVOCATIONS ? count - INVOCATIONS + 1 : 1; n <= count; n++)
		settle(t, &t->invocations->ring[(n - 1) % INVOCATIONS], all, &requests);
	settle_phase(t, &t->init, all, &phases);
	settle_phase(t, &t->restore, all, &phases);
	put(t, &phases, now);
	put(t, &requests, now);
}

void tracing_free(struct platform_tracing *t)
{
	bytes_free(&t->words.log);
	bytes_free(&t->words.span);
	bytes_free(&t->words.connections);
}
