/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/correlate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "domain/baggage.h"
#include "wire/otlp_value.h"
#include "wire/pb.h"

/* So many different values of one source are kept: of a trace the second says that none is certain;
 * the lines of a request that name no trace may be of as many messages. */
#define KEPT_OF_TRACE 2
#define KEPT_OF_REQUEST 16

struct correlate *correlate_new(const struct otlp_keys *keys)
{
	struct correlate *c = keys->count > 0 ? calloc(1, sizeof *c) : NULL;

	if (c)
		c->keys = keys;
	return c;
}

void correlate_free(struct correlate *c)
{
	free(c);
}

/* ---- Values ---- */

/* The one field that an AnyValue has. */
static bool read_any(struct slice any, struct pb_field *field)
{
	struct pb_reader r = pb_read(any);
	struct pb_field more;

	return pb_next(&r, field) && !pb_next(&r, &more) && !r.failed;
}

static bool is_text(struct slice text)
{
	return text.len > 0 && text.len <= CORRELATE_TEXT && !memchr(text.data, 0, text.len) &&
	       utf8_valid(text);
}

bool correlate_is_value(struct slice any)
{
	struct pb_field field;

	if (any.len == 0 || any.len > CORRELATE_ANY || !read_any(any, &field))
		return false;
	if (field.type == PB_LEN)
		return field.number == OTLP_ANY_STRING && is_text(field.value);
	return field.number == OTLP_ANY_BOOL || field.number == OTLP_ANY_INT ||
	       field.number == OTLP_ANY_DOUBLE;
}

#define NUMBER_TEXT 24

/* What a text, a whole number or a boolean reads as; of others {NULL, 0}. */
static struct slice text_of(struct slice any, char number[static NUMBER_TEXT])
{
	struct pb_field field;

	if (!read_any(any, &field))
		return (struct slice){0};
	switch (field.number) {
	case OTLP_ANY_STRING:
		return field.value;
	case OTLP_ANY_BOOL:
		return slice_str(field.scalar ? "true" : "false");
	case OTLP_ANY_INT:
		snprintf(number, NUMBER_TEXT, "%" PRId64, (int64_t)field.scalar);
		return slice_str(number);
	default:
		return (struct slice){0};
	}
}

/* A logger may write as a number what a span has as a text. */
static bool is_same(struct slice a, struct slice b)
{
	char first[NUMBER_TEXT], second[NUMBER_TEXT];
	struct slice text;

	if (slice_equal(a, b))
		return true;
	/* Of one kind they differ. */
	if (a.data[0] == b.data[0])
		return false;
	text = text_of(a, first);
	return text.len > 0 && slice_equal(text, text_of(b, second));
}

static struct slice any_of(const struct correlate_value *value)
{
	return slice_of(value->any, value->len);
}

/* ---- What was said ---- */

static unsigned kept(const struct correlate_ring *ring)
{
	return ring->count < CORRELATE_KEPT ? ring->count : CORRELATE_KEPT;
}

/* The youngest is 0: that is asked for most. */
static unsigned place_of(const struct correlate_ring *ring, unsigned age)
{
	return (ring->count - 1 - age) % CORRELATE_KEPT;
}

static bool is_of_one_source(const struct correlate_source *a, const struct correlate_source *b)
{
	return a->request == b->request && a->record == b->record && a->during == b->during &&
	       trace_id_equal(a->trace_id, b->trace_id);
}

static void give_way(struct correlate_ring *ring, const struct correlate_source *source)
{
	if (source->request > ring->lost_request)
		ring->lost_request = source->request;
	if (source->request == 0 && source->time > ring->lost_time)
		ring->lost_time = source->time;
}

static void keep(struct correlate_ring *ring, const struct correlate_source *source,
		 struct slice any)
{
	struct correlate_value *value = &ring->values[ring->count % CORRELATE_KEPT];

	if (ring->count >= CORRELATE_KEPT)
		give_way(ring, &value->source);
	*value = (struct correlate_value){.source = *source, .len = (uint16_t)any.len};
	memcpy(value->any, any.data, any.len);
	ring->count++;
}

/* Is it what was kept last? Most often it is said again and again. */
static bool is_last(const struct correlate_ring *ring, const struct correlate_source *source,
		    struct slice any)
{
	const struct correlate_value *last = &ring->values[place_of(ring, 0)];

	return ring->count > 0 && slice_equal(any_of(last), any) &&
	       is_of_one_source(&last->source, source);
}

/* None of them is certain any more, whichever message its time is in. */
static void mark_many(struct correlate_ring *ring, const struct correlate_source *source)
{
	for (unsigned age = 0; age < kept(ring); age++) {
		struct correlate_value *value = &ring->values[place_of(ring, age)];

		value->many |= is_of_one_source(&value->source, source);
	}
}

static void note(struct correlate_ring *ring, const struct correlate_source *source,
		 struct slice any)
{
	unsigned most = trace_id_is_set(source->trace_id) ? KEPT_OF_TRACE : KEPT_OF_REQUEST;
	unsigned others = 0;

	for (unsigned age = 0; age < kept(ring); age++) {
		const struct correlate_value *value = &ring->values[place_of(ring, age)];

		if (!is_of_one_source(&value->source, source))
			continue;
		if (is_same(any_of(value), any))
			return;
		others++;
	}
	if (others < most)
		keep(ring, source, any);
	else
		mark_many(ring, source);
}

/* ---- Baggage ---- */

static void note_member(struct correlate *c, const struct correlate_source *source,
			struct slice key, struct slice value)
{
	struct bytes text = {0}, any = {0};

	for (unsigned i = 0; i < c->keys->count; i++) {
		if (!slice_equal(key, c->keys->names[i]) || value.len > 3 * CORRELATE_TEXT)
			continue;
		if (baggage_decode(value, &text)) {
			pb_put_len(&any, OTLP_ANY_STRING, bytes_slice(&text));
			if (!any.failed && correlate_is_value(bytes_slice(&any)))
				note(&c->rings[i], source, bytes_slice(&any));
		}
		break;
	}
	bytes_free(&text);
	bytes_free(&any);
}

static void note_header(struct correlate *c, const struct correlate_source *source,
			struct slice any)
{
	struct slice rest = pb_find(any, OTLP_ANY_STRING), key, value;

	while (baggage_next(&rest, &key, &value))
		note_member(c, source, key, value);
}

/* A text, or several of them: a header may be there more than once. */
static void note_baggage(struct correlate *c, const struct correlate_source *source,
			 struct slice any)
{
	struct pb_reader r = pb_read(pb_find(any, OTLP_ANY_ARRAY));
	struct pb_field field;

	note_header(c, source, any);
	while (pb_next(&r, &field))
		if (field.number == OTLP_LIST_VALUES && field.type == PB_LEN)
			note_header(c, source, field.value);
}

void correlate_note(struct correlate *c, const struct correlate_source *source,
		    const struct otlp_finder *found)
{
	for (unsigned i = 0; i < c->keys->count; i++) {
		struct slice any = found->values[i];

		if (any.len > 0 && !is_last(&c->rings[i], source, any) && correlate_is_value(any))
			note(&c->rings[i], source, any);
	}
	if (found->baggage.len > 0)
		note_baggage(c, source, found->baggage);
}

/* ---- What counts ---- */

/* A line that names no trace is of the one that it gets itself. */
static struct trace_context trace_of(const struct correlate_request *r,
				     const struct correlate_source *source)
{
	struct trace_context trace = r->trace;

	if (trace_id_is_set(source->trace_id))
		memcpy(trace.trace_id, source->trace_id, TRACE_ID_SIZE);
	else if (r->spans->whole.count > 0)
		request_spans_at(r->spans, source->time, &trace);
	return trace;
}

static bool counts(const struct correlate_request *r, const struct correlate_source *source,
		   const uint8_t trace_id[static TRACE_ID_SIZE])
{
	bool in_time = seen_window_has(&r->window, source->time);
	struct trace_context trace;

	if (source->request == 0 && !(source->record && in_time))
		return trace_id_is_set(trace_id) && trace_id_equal(source->trace_id, trace_id) &&
		       (r->concurrent || in_time);
	if (source->request != 0 && source->request != r->number)
		return false;
	trace = trace_of(r, source);
	return !trace_id_is_set(trace_id) || !trace_id_is_set(trace.trace_id) ||
	       trace_id_equal(trace.trace_id, trace_id);
}

/* Some that may have counted had to give way: of these nothing certain can be said. */
static bool is_incomplete(const struct correlate_ring *ring, const struct correlate_request *r)
{
	return ring->lost_request >= r->number || seen_window_lost(&r->window, ring->lost_time);
}

static struct slice find(const struct correlate_ring *ring, const struct correlate_request *r,
			 const uint8_t trace_id[static TRACE_ID_SIZE])
{
	struct slice found = {0};

	if (is_incomplete(ring, r))
		return found;
	for (unsigned age = 0; age < kept(ring); age++) {
		const struct correlate_value *value = &ring->values[place_of(ring, age)];

		if (!counts(r, &value->source, trace_id))
			continue;
		if (value->many || (found.data && !is_same(found, any_of(value))))
			return (struct slice){0};
		found = any_of(value);
	}
	return found;
}

void correlate_find(const struct correlate *c, const struct correlate_request *request,
		    const uint8_t trace_id[static TRACE_ID_SIZE],
		    struct slice values[static OTLP_KEYS])
{
	for (unsigned i = 0; i < OTLP_KEYS; i++)
		values[i] = find(&c->rings[i], request, trace_id);
}

bool correlate_has_seen(const struct correlate *c, unsigned key)
{
	return c->rings[key].count > 0;
}
