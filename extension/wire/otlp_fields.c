/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/otlp_fields.h"

#include <string.h>

#include "wire/otlp_value.h"
#include "wire/pb.h"

/* Tags, which are numbers with wire types: trace.proto, logs.proto, common.proto. */
#define TAG(number, type) ((number) << 3 | (type))

#define SPAN_TRACE_ID TAG(1, PB_LEN)
#define SPAN_SPAN_ID TAG(2, PB_LEN)
#define SPAN_PARENT TAG(4, PB_LEN)
#define SPAN_NAME TAG(5, PB_LEN)
#define SPAN_KIND TAG(6, PB_VARINT)
#define SPAN_START TAG(7, PB_FIXED64)
#define SPAN_END TAG(8, PB_FIXED64)
#define SPAN_ATTRIBUTES TAG(9, PB_LEN)
#define SPAN_FLAGS TAG(16, PB_FIXED32)

#define RECORD_TIME TAG(1, PB_FIXED64)
#define RECORD_ATTRIBUTES TAG(6, PB_LEN)
#define RECORD_TRACE_ID TAG(9, PB_LEN)
#define RECORD_OBSERVED TAG(11, PB_FIXED64)

#define FLAG_KNOWS_REMOTE 0x100
#define FLAG_REMOTE 0x200

/* ---- Attributes ---- */

/* A KeyValue starts with its key: tag, length, name. */
#define NAME                                                                                       \
	"\x0a\x12"                                                                                 \
	"faas.invocation_id"
#define OLD_NAME                                                                                   \
	"\x0a\x0e"                                                                                 \
	"faas.execution"
#define TRIGGER                                                                                    \
	"\x0a\x0c"                                                                                 \
	"faas.trigger"

static bool starts_with(struct slice s, const char *bytes, size_t len)
{
	return s.len > len && memcmp(s.data, bytes, len) == 0;
}

static struct slice string_of(struct slice key_value)
{
	return pb_find(pb_find(key_value, OTLP_KEY_VALUE), OTLP_ANY_STRING);
}

static inline void take_request_id(struct slice key_value, struct slice *id)
{
	/* By its length most are told to be another. */
	if (key_value.len < sizeof OLD_NAME ||
	    (key_value.data[1] != NAME[1] && key_value.data[1] != OLD_NAME[1]))
		return;
	if (starts_with(key_value, NAME, sizeof NAME - 1) ||
	    starts_with(key_value, OLD_NAME, sizeof OLD_NAME - 1))
		*id = string_of(key_value);
}

static inline void take_trigger(struct slice key_value, struct slice *trigger)
{
	if (key_value.len >= sizeof TRIGGER && key_value.data[1] == TRIGGER[1] &&
	    starts_with(key_value, TRIGGER, sizeof TRIGGER - 1))
		*trigger = string_of(key_value);
}

static inline void take_attribute(struct slice key_value, struct otlp_span *span,
				  struct otlp_finder *finder)
{
	take_request_id(key_value, &span->request_id);
	take_trigger(key_value, &span->trigger);
	if (finder)
		otlp_find(finder, key_value);
}

/* ---- Fields ---- */

struct field {
	uint32_t tag;
	uint64_t scalar;
	struct slice value;
};

/* pb_next() for all that is not short. */
static const uint8_t *next_of_any(const uint8_t *p, const uint8_t *end, struct field *field)
{
	struct pb_reader r = {p, end, false};
	struct pb_field any;

	if (!pb_next(&r, &any))
		return NULL;
	field->tag = any.number << 3 | any.type;
	field->scalar = any.scalar;
	field->value = any.value;
	return r.p;
}

/* The next field and what is behind it, or NULL. A tag of one byte, and a length or a number of one
 * byte, or 8 bytes: nearly all there are. */
static inline const uint8_t *next(const uint8_t *p, const uint8_t *end, struct field *field)
{
	size_t left = (size_t)(end - p);

	if (left < 2 || (p[0] & 0x80))
		return left > 0 ? next_of_any(p, end, field) : NULL;
	field->tag = p[0];
	if ((p[0] & 7) == PB_LEN && p[1] < 0x80 && p[1] <= left - 2) {
		field->value = (struct slice){p + 2, p[1]};
		return p + 2 + p[1];
	}
	if ((p[0] & 7) == PB_FIXED64 && left >= 9) {
		memcpy(&field->scalar, p + 1, 8);
		return p + 9;
	}
	if ((p[0] & 7) == PB_VARINT && p[1] < 0x80) {
		field->scalar = p[1];
		return p + 2;
	}
	return next_of_any(p, end, field);
}

static enum otlp_span_kind kind_of(uint64_t number)
{
	return number <= SPAN_KIND_CONSUMER ? (enum otlp_span_kind)number : SPAN_KIND_UNSPECIFIED;
}

/* ---- Spans ---- */

static enum otlp_remote remote_by(uint64_t flags)
{
	if (!(flags & FLAG_KNOWS_REMOTE))
		return REMOTE_UNKNOWN;
	return flags & FLAG_REMOTE ? REMOTE_YES : REMOTE_NO;
}

/* A field as long as it may be. */
static __attribute__((noinline)) const uint8_t *take_any(const uint8_t *p, const uint8_t *end,
							 struct otlp_span *s,
							 struct otlp_finder *finder)
{
	struct field field = {0};

	p = next_of_any(p, end, &field);
	if (!p)
		return NULL;
	switch (field.tag) {
	case SPAN_ATTRIBUTES:
		take_attribute(field.value, s, finder);
		break;
	case SPAN_TRACE_ID:
		s->trace_id = field.value;
		break;
	case SPAN_SPAN_ID:
		s->span_id = field.value;
		break;
	case SPAN_PARENT:
		s->parent = field.value;
		break;
	case SPAN_NAME:
		s->name = field.value;
		break;
	case SPAN_KIND:
		s->kind = kind_of(field.scalar);
		break;
	case SPAN_START:
		s->start = field.scalar;
		break;
	case SPAN_END:
		s->end = field.scalar;
		break;
	case SPAN_FLAGS:
		s->remote_parent = remote_by(field.scalar);
		break;
	default:
		break;
	}
	return p;
}

/* Contents whose length is one byte. */
static inline const uint8_t *take_short(const uint8_t *p, const uint8_t *end, struct slice *to)
{
	if (p[1] >= 0x80 || p[1] > end - p - 2)
		return NULL;
	*to = (struct slice){p + 2, p[1]};
	return p + 2 + p[1];
}

static inline const uint8_t *take_time(const uint8_t *p, uint64_t *to)
{
	memcpy(to, p + 1, sizeof *to);
	return p + 1 + sizeof *to;
}

/* The same of what is short, as nearly all there are; NULL where it is not, or is not known. There
 * are 9 bytes at least. */
static inline const uint8_t *take_common(const uint8_t *p, const uint8_t *end, struct otlp_span *s,
					 struct otlp_finder *finder)
{
	struct slice attribute;

	switch (p[0]) {
	case SPAN_ATTRIBUTES:
		p = take_short(p, end, &attribute);
		if (p)
			take_attribute(attribute, s, finder);
		return p;
	case SPAN_TRACE_ID:
		return take_short(p, end, &s->trace_id);
	case SPAN_SPAN_ID:
		return take_short(p, end, &s->span_id);
	case SPAN_PARENT:
		return take_short(p, end, &s->parent);
	case SPAN_NAME:
		return take_short(p, end, &s->name);
	case SPAN_KIND:
		s->kind = kind_of(p[1]);
		return p[1] < 0x80 ? p + 2 : NULL;
	case SPAN_START:
		return take_time(p, &s->start);
	case SPAN_END:
		return take_time(p, &s->end);
	default:
		return NULL;
	}
}

void otlp_fields_of_span(struct slice span, struct otlp_span *s, struct otlp_finder *finder)
{
	const uint8_t *p = span.data, *end = p + span.len;

	*s = (struct otlp_span){0};
	while (p && p < end) {
		const uint8_t *next = end - p >= 9 ? take_common(p, end, s, finder) : NULL;

		p = next ? next : take_any(p, end, s, finder);
	}
}

/* ---- Log records ---- */

struct otlp_record otlp_fields_of_record(struct slice record, struct otlp_finder *finder)
{
	struct otlp_record r = {0};
	const uint8_t *p = record.data, *end = p + record.len;
	struct field field = {0};

	while ((p = next(p, end, &field))) {
		if (field.tag == RECORD_ATTRIBUTES) {
			take_request_id(field.value, &r.request_id);
			if (finder)
				otlp_find(finder, field.value);
		} else if (field.tag == RECORD_TIME) {
			r.time = field.scalar;
		} else if (field.tag == RECORD_TRACE_ID) {
			r.trace_id = field.value;
		} else if (field.tag == RECORD_OBSERVED) {
			r.observed = field.scalar;
		}
	}
	return r;
}
