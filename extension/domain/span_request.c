/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/span_request.h"

#include "domain/own_request.h"

Otlp__Span *span_add(struct span_request *r, const struct span_ids *ids, struct slice name)
{
	Otlp__Span *span;

	if (r->count == SPAN_REQUEST_SPANS)
		return NULL;
	/* Also one that there is no memory for is one of those that are lost. */
	span = VALUE_NEW(&r->arena, Otlp__Span, OTLP__SPAN__INIT);
	r->spans[r->count++] = span;
	if (!span)
		return NULL;
	value_bytes(&r->arena, &span->trace_id, ids->own.trace_id, TRACE_ID_SIZE);
	value_bytes(&r->arena, &span->span_id, ids->own.span_id, SPAN_ID_SIZE);
	if (span_id_is_set(ids->parent))
		value_bytes(&r->arena, &span->parent_span_id, ids->parent, SPAN_ID_SIZE);
	span->name = value_mended(&r->arena, name);
	span->attributes = arena_alloc(&r->arena, SPAN_ATTRIBUTES * sizeof *span->attributes);
	return r->arena.failed ? NULL : span;
}

static void set(struct span_request *r, Otlp__Span *span, struct slice key, Otlp__AnyValue *value)
{
	Otlp__KeyValue *kv = value_attribute(&r->arena, key, value);

	if (kv && span->n_attributes < SPAN_ATTRIBUTES)
		span->attributes[span->n_attributes++] = kv;
}

void span_set(struct span_request *r, Otlp__Span *span, const char *key, Otlp__AnyValue *value)
{
	set(r, span, slice_str(key), value);
}

void span_set_any(struct span_request *r, Otlp__Span *span, struct slice key, struct slice any)
{
	for (size_t i = 0; i < span->n_attributes; i++)
		if (slice_is(key, span->attributes[i]->key))
			return;
	set(r, span, key, value_of(&r->arena, any));
}

void span_set_text(struct span_request *r, Otlp__Span *span, const char *key, struct slice text)
{
	char *copy = text.len > 0 ? value_mended(&r->arena, text) : NULL;

	if (copy)
		span_set(r, span, key, value_string(&r->arena, slice_str(copy)));
}

void span_set_true(struct span_request *r, Otlp__Span *span, const char *key)
{
	Otlp__AnyValue *value = VALUE_NEW(&r->arena, Otlp__AnyValue, OTLP__ANY_VALUE__INIT);

	if (!value)
		return;
	value->value_case = OTLP__ANY_VALUE__VALUE_BOOL_VALUE;
	value->bool_value = true;
	span_set(r, span, key, value);
}

void span_fail(struct span_request *r, Otlp__Span *span, struct slice type, struct slice message)
{
	Otlp__Status *status = VALUE_NEW(&r->arena, Otlp__Status, OTLP__STATUS__INIT);
	char *text = value_mended(&r->arena, message);

	if (!status || !text)
		return;
	status->code = OTLP__STATUS__STATUS_CODE__STATUS_CODE_ERROR;
	status->message = text;
	span->status = status;
	span_set_text(r, span, "error.type", type);
}

static void pack(const struct span_request *r, struct bytes *out)
{
	struct own_request request = own_request_begin(out);

	for (size_t i = 0; i < r->count; i++)
		own_request_add(&r->spans[i]->base, out);
	own_request_end(&request, out);
}

size_t span_request_finish(struct span_request *r, struct bytes *out)
{
	size_t spans = 0;

	out->failed |= r->arena.failed;
	/* Where memory was short there may be no span in its place. */
	if (!out->failed && r->count > 0)
		pack(r, out);
	if (!out->failed)
		spans = r->count;
	arena_free(&r->arena);
	*r = (struct span_request){0};
	return spans;
}
