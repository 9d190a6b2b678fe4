/* SPDX-License-Identifier: Apache-2.0 */
/* Validation by protobuf-c's descriptors as the schema: they are compiled once into a dense table,
 * so that a field costs a look-up and a jump. */
#include "wire/otlp.h"

#include <protobuf-c/protobuf-c.h>
#include <string.h>

#include "base/utf8.h"
#include "collector_logs.pb-c.h"
#include "collector_metrics.pb-c.h"
#include "collector_trace.pb-c.h"

/* What to do with a field that is length delimited. */
enum kind {
	KIND_SKIP, /* bytes, and what we do not know */
	KIND_STRING,
	KIND_TRACE_ID,
	KIND_SPAN_ID,
	KIND_MESSAGE,
	KIND_PACKED_VARINT,
	KIND_PACKED_FIXED32,
	KIND_PACKED_FIXED64,
};

struct rule {
	uint8_t refused; /* bit by wire type; 0 for a field that we do not know */
	uint8_t kind;
	uint8_t child; /* KIND_MESSAGE: index into schema.messages */
};

/* OTLP has some 40 messages and no field above 16. One beyond the bounds would pass unread; a unit
 * test tries every field of every descriptor. */
#define MAX_MESSAGES 64
#define MAX_FIELDS 32

struct message {
	struct rule rules[MAX_FIELDS]; /* by field number */
};

static struct {
	struct message messages[MAX_MESSAGES]; /* the first three are the requests, by signal */
	const ProtobufCMessageDescriptor *descriptors[MAX_MESSAGES];
	unsigned count;
} schema;

static unsigned message_index(const ProtobufCMessageDescriptor *descriptor)
{
	unsigned i;

	for (i = 0; i < schema.count; i++)
		if (schema.descriptors[i] == descriptor)
			return i;
	if (schema.count < MAX_MESSAGES)
		schema.descriptors[schema.count++] = descriptor;
	return i;
}

static enum pb_type wire_type(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return PB_FIXED32;
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return PB_FIXED64;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return PB_LEN;
	default:
		return PB_VARINT;
	}
}

static enum kind packed_kind(enum pb_type type)
{
	return type == PB_FIXED32   ? KIND_PACKED_FIXED32
	       : type == PB_FIXED64 ? KIND_PACKED_FIXED64
				    : KIND_PACKED_VARINT;
}

static enum kind bytes_kind(const char *name)
{
	if (strcmp(name, "trace_id") == 0)
		return KIND_TRACE_ID;
	if (strcmp(name, "span_id") == 0 || strcmp(name, "parent_span_id") == 0)
		return KIND_SPAN_ID;
	return KIND_SKIP;
}

static struct rule make_rule(const ProtobufCFieldDescriptor *field)
{
	enum pb_type type = wire_type(field->type);
	struct rule rule = {.refused = (uint8_t) ~(1u << type), .kind = KIND_SKIP};

	if (field->type == PROTOBUF_C_TYPE_STRING) {
		rule.kind = KIND_STRING;
	} else if (field->type == PROTOBUF_C_TYPE_BYTES) {
		rule.kind = (uint8_t)bytes_kind(field->name);
	} else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		unsigned child = message_index(field->descriptor);

		rule.kind = child < MAX_MESSAGES ? KIND_MESSAGE : KIND_SKIP;
		rule.child = (uint8_t)child;
	} else if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		/* Readers must take both forms, whatever the schema says. */
		rule.refused &= (uint8_t) ~(1u << PB_LEN);
		rule.kind = (uint8_t)packed_kind(type);
	}
	return rule;
}

/* At first use, not before: it is some microseconds that the start does not need. */
static void make_schema(void)
{
	unsigned i, k;

	message_index(&otlp__export_trace_service_request__descriptor);
	message_index(&otlp__export_logs_service_request__descriptor);
	message_index(&otlp__export_metrics_service_request__descriptor);
	for (i = 0; i < schema.count; i++) {
		const ProtobufCMessageDescriptor *d = schema.descriptors[i];

		for (k = 0; k < d->n_fields; k++)
			if (d->fields[k].id < MAX_FIELDS)
				schema.messages[i].rules[d->fields[k].id] = make_rule(
					&d->fields[k]);
	}
}

/* pb_get_varint, with a short way for those of one byte or two: nearly all. */
static inline const uint8_t *varint(const uint8_t *p, const uint8_t *end, uint64_t *value)
{
	uint64_t odd = 0;

	if (p < end && p[0] < 0x80) {
		*value = p[0];
		return p + 1;
	}
	if (end - p >= 2 && p[1] < 0x80) {
		*value = (p[0] & 0x7fu) | (uint64_t)p[1] << 7;
		return p + 2;
	}
	p = pb_get_varint(p, end, &odd);
	*value = odd;
	return p;
}

static inline const uint8_t *skip_value(const uint8_t *p, const uint8_t *end, uint64_t tag)
{
	struct slice contents;
	uint64_t value;

	switch (tag & 7) {
	case PB_VARINT:
		return varint(p, end, &value);
	case PB_FIXED64:
		return end - p >= 8 ? p + 8 : NULL;
	case PB_FIXED32:
		return end - p >= 4 ? p + 4 : NULL;
	case PB_GROUP:
		return pb_skip_group(p, end, (uint32_t)(tag >> 3), &contents);
	default: /* an end without a group; 6 and 7, which do not exist */
		return NULL;
	}
}

static bool are_varints(struct slice s)
{
	const uint8_t *p = s.data, *end = s.data + s.len;
	uint64_t value;

	while (p && p < end)
		p = varint(p, end, &value);
	return p;
}

/* What is wrong with the contents of a field that is no message, or NULL. */
static const char *check_contents(unsigned kind, struct slice s, bool *alone)
{
	switch (kind) {
	case KIND_STRING:
		*alone |= !utf8_valid(s);
		return NULL;
	case KIND_TRACE_ID:
		*alone |= s.len != 16 && s.len != 0;
		return NULL;
	case KIND_SPAN_ID:
		*alone |= s.len != 8 && s.len != 0;
		return NULL;
	case KIND_PACKED_FIXED32:
		return s.len % 4 == 0 ? NULL : "a packed field ends within a number";
	case KIND_PACKED_FIXED64:
		return s.len % 8 == 0 ? NULL : "a packed field ends within a number";
	case KIND_PACKED_VARINT:
		return are_varints(s) ? NULL : "a packed field ends within a number";
	default:
		return NULL;
	}
}

/* A message that is open while one within it is walked. */
struct frame {
	const uint8_t *end;
	const struct rule *rules;
};

/* What is wrong with the request, or NULL. Each of its bytes passes here: what the loop needs is in
 * local variables, which then are registers. */
static const char *walk(const struct rule *rules, struct slice request, bool *alone)
{
	static const struct rule unknown;
	struct frame outer[OTLP_MAX_DEPTH - 1];
	const uint8_t *p = request.data, *end = pb_read(request).end;
	unsigned depth = 0;
	const char *why;

	for (;;) {
		struct rule rule = unknown;
		uint64_t tag, len;

		while (p == end) {
			if (depth == 0)
				return NULL;
			end = outer[--depth].end;
			rules = outer[depth].rules;
		}
		p = varint(p, end, &tag);
		if (!p || tag >> 3 == 0 || tag > UINT32_MAX)
			return "a field's number is cut off or does not exist";
		if (tag >> 3 < MAX_FIELDS)
			rule = rules[tag >> 3];
		if (rule.refused >> (tag & 7) & 1)
			return "a known field has another wire type: a message of another kind?";
		if ((tag & 7) != PB_LEN) {
			p = skip_value(p, end, tag);
			if (!p)
				return "a value is cut off or of a type that does not exist";
			continue;
		}
		p = varint(p, end, &len);
		if (!p || len > (size_t)(end - p))
			return "a field is longer than its message";
		if (rule.kind == KIND_MESSAGE) {
			if (depth == OTLP_MAX_DEPTH - 1)
				return "messages are nested more than 100 deep";
			outer[depth++] = (struct frame){end, rules};
			end = p + len;
			rules = schema.messages[rule.child].rules;
			continue;
		}
		why = check_contents(rule.kind, (struct slice){p, (size_t)len}, alone);
		if (why)
			return why;
		p += len;
	}
}

struct otlp_verdict otlp_check(enum otlp_signal signal, struct slice request)
{
	struct otlp_verdict verdict = {0};

	if (schema.count == 0)
		make_schema();
	verdict.why = walk(schema.messages[signal].rules, request, &verdict.alone);
	verdict.valid = !verdict.why;
	if (verdict.valid)
		verdict.items = otlp_count(signal, request);
	else
		verdict.alone = false;
	return verdict;
}
