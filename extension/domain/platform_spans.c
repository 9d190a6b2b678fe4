/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/platform_spans.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/now.h"

/* ---- Is there to be one? ---- */

/* Of a request that ended badly its own span is missing more often than not: where it has not come
 * by the next export it is not waited for. One that went well has it from the SDK, or there is
 * none. */
static enum span_decision decide_by_itself(const struct span_view *view)
{
	bool failed = view->outcome != INVOCATION_SUCCESS || view->out_of_memory;

	if (outcome_is_abnormal(view->outcome) || view->out_of_memory)
		return view->own_span ? SPAN_NO : SPAN_YES;
	if (view->sdk || (view->dropped && !failed))
		return SPAN_NO;
	return view->sdk_had_time ? SPAN_YES : SPAN_LATER;
}

/* The report of a crash comes along with SHUTDOWN, which follows. */
static bool awaits_report(const struct span_view *view)
{
	return view->outcome == INVOCATION_FAILURE && !view->out_of_memory && !view->reported;
}

enum span_decision span_decide(const struct span_view *view)
{
	enum span_decision decision;

	if (view->setting == SPANS_NEVER)
		return SPAN_NO;
	if (view->outcome == INVOCATION_RUNS)
		return SPAN_LATER;
	decision = view->setting == SPANS_ALWAYS ? SPAN_YES : decide_by_itself(view);
	return decision == SPAN_YES && awaits_report(view) ? SPAN_AWAITED : decision;
}

/* ---- Invocations ---- */

/* What to say of an error that the platform gave no name. */
static const char *const unnamed[] = {
	[INVOCATION_RUNS] = "unknown",    [INVOCATION_SUCCESS] = "unknown",
	[INVOCATION_ERROR] = "error",     [INVOCATION_FAILURE] = "failure",
	[INVOCATION_TIMEOUT] = "timeout",
};

static void fail(struct span_request *r, Otlp__Span *span, const struct invocation_span *what)
{
	enum outcome_of_invocation outcome = what->invocation->outcome;
	const char *type = what->end->error_type[0] ? what->end->error_type : unnamed[outcome];
	uint64_t took = span->end_time_unix_nano - span->start_time_unix_nano;
	char message[ERROR_TYPE_SIZE + 40];

	if (outcome == INVOCATION_TIMEOUT)
		snprintf(message, sizeof message, "Task timed out after %" PRIu64 ".%02u seconds",
			 took / NS_PER_S, (unsigned)(took % NS_PER_S / (10 * NS_PER_MS)));
	else
		snprintf(message, sizeof message, "%s", type);
	span_fail(r, span, slice_str(type), slice_str(message));
}

/* Each line by itself, so that one can ask for it. */
static void set_lines(struct span_request *r, Otlp__Span *span, const char *key, struct slice text)
{
	Otlp__AnyValue *value = VALUE_NEW(&r->arena, Otlp__AnyValue, OTLP__ANY_VALUE__INIT);
	Otlp__ArrayValue *array = VALUE_NEW(&r->arena, Otlp__ArrayValue, OTLP__ARRAY_VALUE__INIT);
	size_t most = 0;

	for (size_t i = 0; i < text.len; i++)
		most += text.data[i] == '\n';
	if (!value || !array || most == 0)
		return;
	array->values = arena_alloc(&r->arena, most * sizeof *array->values);
	while (array->values && array->n_values < most) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		size_t len = (size_t)(end - text.data);

		array->values[array->n_values] = value_string(&r->arena, slice_of(text.data, len));
		if (!array->values[array->n_values])
			return;
		array->n_values++;
		text = slice_of(end + 1, text.len - len - 1);
	}
	value->value_case = OTLP__ANY_VALUE__VALUE_ARRAY_VALUE;
	value->array_value = array;
	span_set(r, span, key, value);
}

static void set_words(struct span_request *r, Otlp__Span *span, const struct last_words *words)
{
	span_set_text(r, span, "lull.last_log", words->log);
	span_set_text(r, span, "lull.last_span", words->span);
	set_lines(r, span, "lull.connections", words->connections);
	if (words->memory > 0)
		span_set(r, span, "lull.memory.usage",
			 value_int(&r->arena, (int64_t)words->memory));
}

Otlp__Span *span_add_invocation(struct span_request *r, const struct span_ids *ids,
				const struct invocation_span *what)
{
	const struct invocation *invocation = what->invocation;
	Otlp__Span *span = span_add(r, ids, what->function);

	if (!span)
		return NULL;
	span->kind = OTLP__SPAN__SPAN_KIND__SPAN_KIND_SERVER;
	span->start_time_unix_nano = invocation->start;
	span->end_time_unix_nano = invocation->end > invocation->start ? invocation->end
								       : invocation->start;
	span_set_text(r, span, "faas.invocation_id", slice_str(invocation->request_id));
	if (what->coldstart)
		span_set_true(r, span, "faas.coldstart");
	if (what->end->out_of_memory)
		span_set_true(r, span, "lull.out_of_memory");
	if (invocation->outcome != INVOCATION_SUCCESS || what->end->out_of_memory)
		fail(r, span, what);
	if (what->words)
		set_words(r, span, what->words);
	return span;
}

/* ---- Init and restore ---- */

void phase_begin(struct platform_phase *phase, const struct telemetry_event *event)
{
	*phase = (struct platform_phase){.begun = true, .start = event->time_unix_nano};
}

void phase_end(struct platform_phase *phase, const struct telemetry_event *event)
{
	struct slice status = telemetry_string(event, "status");
	double ms;

	if (!phase->begun)
		return;
	phase->over = true;
	phase->end = event->time_unix_nano;
	/* The platform tells when it says so, and how long it took. */
	if (telemetry_metric(event, "durationMs", &ms) && ms < 1e9)
		phase->end = phase->start + (uint64_t)(ms * 1e6);
	phase->failed = status.len > 0 && !slice_is(status, "success");
	if (phase->failed)
		error_type_note(phase->error_type, event);
}

Otlp__Span *span_add_phase(struct span_request *r, const struct span_ids *ids, const char *kind,
			   struct slice function, const struct platform_phase *phase)
{
	const char *type = phase->error_type[0] ? phase->error_type : "error";
	struct bytes name = {0};
	Otlp__Span *span;

	bytes_addf(&name, "%s ", kind);
	bytes_add(&name, function);
	r->arena.failed |= name.failed;
	span = span_add(r, ids, bytes_slice(&name));
	bytes_free(&name);
	if (!span)
		return NULL;
	span->kind = OTLP__SPAN__SPAN_KIND__SPAN_KIND_INTERNAL;
	span->start_time_unix_nano = phase->start;
	span->end_time_unix_nano = phase->end > phase->start ? phase->end : phase->start;
	span_set_true(r, span, "faas.coldstart");
	if (phase->failed)
		span_fail(r, span, slice_str(type), slice_str(type));
	return span;
}
