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

/* What to do with a field. */
enum kind {
	KIND_NO_FIELD, /* of number 0 */
	KIND_REFUSED,  /* one that we know, of another wire type */
	KIND_NO_TYPE,  /* an end without a group; 6 and 7, which do not exist */
	KIND_GROUP,
	KIND_FIXED32,
	KIND_FIXED64,
	KIND_VARINT,
	KIND_SKIP, /* bytes, and what we do not know. From here on fields have a length */
	KIND_STRING,
	KIND_TRACE_ID,
	KIND_SPAN_ID,
	KIND_PACKED_VARINT,
	KIND_PACKED_FIXED32,
	KIND_PACKED_FIXED64,
	KIND_MESSAGE,
	KIND_ITEM, /* a message, too */
};

struct rule {
	uint8_t kind;
	uint8_t child; /* KIND_MESSAGE, KIND_ITEM: index into schema.messages */
};

/* OTLP has some 40 messages and no field above 16. One beyond the bounds would pass unread; a unit
 * test tries every field of every descriptor. */
#define MAX_MESSAGES 64
#define MAX_FIELDS 18
#define TYPES 8
#define TAG(number, type) ((number)*TYPES + (type))
#define MAX_TAGS TAG(MAX_FIELDS, 0)

struct message {
	struct rule rules[MAX_TAGS]; /* by field number and wire type */
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

/* Of a field that we do not know. */
static const struct rule unknown[TYPES] = {
	[PB_VARINT] = {KIND_VARINT, 0},
	[PB_FIXED64] = {KIND_FIXED64, 0},
	[PB_LEN] = {KIND_SKIP, 0},
	[PB_GROUP] = {KIND_GROUP, 0},
	[PB_END_GROUP] = {KIND_NO_TYPE, 0},
	[PB_FIXED32] = {KIND_FIXED32, 0},
	[6] = {KIND_NO_TYPE, 0},
	[7] = {KIND_NO_TYPE, 0},
};

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

/* Spans, log records and data points have names that nothing else has. */
static enum kind message_kind(const char *name)
{
	bool item = strcmp(name, "spans") == 0 || strcmp(name, "log_records") == 0 ||
		    strcmp(name, "data_points") == 0;

	return item ? KIND_ITEM : KIND_MESSAGE;
}

static struct rule make_rule(const ProtobufCFieldDescriptor *field)
{
	struct rule rule = unknown[wire_type(field->type)];

	if (field->type == PROTOBUF_C_TYPE_STRING) {
		rule.kind = KIND_STRING;
	} else if (field->type == PROTOBUF_C_TYPE_BYTES) {
		rule.kind = (uint8_t)bytes_kind(field->name);
	} else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		unsigned child = message_index(field->descriptor);

		if (child < MAX_MESSAGES)
			rule = (struct rule){(uint8_t)message_kind(field->name), (uint8_t)child};
	}
	return rule;
}

static void add_field(struct message *message, const ProtobufCFieldDescriptor *field)
{
	enum pb_type type = wire_type(field->type);
	struct rule *rules = &message->rules[TAG(field->id, 0)];

	for (unsigned t = 0; t < TYPES; t++)
		rules[t] = (struct rule){KIND_REFUSED, 0};
	rules[type] = make_rule(field);
	/* Readers must take both forms, whatever the schema says. */
	if (field->label == PROTOBUF_C_LABEL_REPEATED && type != PB_LEN)
		rules[PB_LEN] = (struct rule){(uint8_t)packed_kind(type), 0};
}

static void add_message(struct message *message, const ProtobufCMessageDescriptor *descriptor)
{
	for (unsigned number = 1; number < MAX_FIELDS; number++)
		memcpy(&message->rules[TAG(number, 0)], unknown, sizeof unknown);
	for (unsigned k = 0; k < descriptor->n_fields; k++)
		if (descriptor->fields[k].id < MAX_FIELDS)
			add_field(message, &descriptor->fields[k]);
}

/* At first use, not before: it is some microseconds that the start does not need. */
static void make_schema(void)
{
	message_index(&otlp__export_trace_service_request__descriptor);
	message_index(&otlp__export_logs_service_request__descriptor);
	message_index(&otlp__export_metrics_service_request__descriptor);
	for (unsigned i = 0; i < schema.count; i++)
		add_message(&schema.messages[i], schema.descriptors[i]);
}

/* pb_get_varint, with a short way for those of one byte or two: nearly all. */
static inline const uint8_t *varint(const uint8_t *p, const uint8_t *end, uint64_t *value)
{
	uint64_t odd;

	if (p < end && p[0] < 0x80) {
		*value = p[0];
		return p + 1;
	}
	if (end - p >= 2 && p[1] < 0x80) {
		*value = (p[0] & 0x7fu) | (uint64_t)p[1] << 7;
		return p + 2;
	}
	p = pb_get_varint(p, end, &odd);
	*value = p ? odd : 0;
	return p;
}

/* Past the value of a field that has no length, or NULL. */
static inline const uint8_t *skip_value(const uint8_t *p, const uint8_t *end, unsigned kind,
					uint64_t tag)
{
	struct slice contents;
	uint64_t value;

	switch (kind) {
	case KIND_VARINT:
		return varint(p, end, &value);
	case KIND_FIXED64:
		return end - p >= 8 ? p + 8 : NULL;
	case KIND_FIXED32:
		return end - p >= 4 ? p + 4 : NULL;
	case KIND_GROUP:
		return pb_skip_group(p, end, (uint32_t)(tag >> 3), &contents);
	default:
		return NULL;
	}
}

/* Where there is none. */
static const char *no_value(unsigned kind)
{
	switch (kind) {
	case KIND_NO_FIELD:
		return "a field's number is cut off or does not exist";
	case KIND_REFUSED:
		return "a known field has another wire type: a message of another kind?";
	default:
		return "a value is cut off or of a type that does not exist";
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

/* What is wrong with the request, or NULL; the rest of the verdict holds where all is well. Each of
 * its bytes passes here: what the loop needs is in local variables, which then are registers. */
static const char *walk(const struct rule *rules, struct slice request,
			struct otlp_verdict *verdict)
{
	/* The messages around this one: their ends, and their rules. */
	const uint8_t *ends[OTLP_MAX_DEPTH - 1];
	const struct rule *around[OTLP_MAX_DEPTH - 1];
	const uint8_t *p = request.data, *end = pb_read(request).end;
	unsigned depth = 0;
	const char *why;

	for (;;) {
		struct rule rule;
		uint64_t tag, len;

		while (p == end) {
			if (depth == 0)
				return NULL;
			end = ends[--depth];
			rules = around[depth];
		}
		p = varint(p, end, &tag);
		if (!p || tag > UINT32_MAX)
			return no_value(KIND_NO_FIELD);
		rule = tag < MAX_TAGS ? rules[tag] : unknown[tag % TYPES];
		if (rule.kind < KIND_SKIP) {
			p = skip_value(p, end, rule.kind, tag);
			if (!p)
				return no_value(rule.kind);
			continue;
		}
		p = varint(p, end, &len);
		if (!p || len > (size_t)(end - p))
			return "a field is longer than its message";
		if (rule.kind >= KIND_MESSAGE) {
			if (depth == OTLP_MAX_DEPTH - 1)
				return "messages are nested more than 100 deep";
			verdict->items += rule.kind == KIND_ITEM;
			ends[depth] = end;
			around[depth++] = rules;
			end = p + len;
			rules = schema.messages[rule.child].rules;
			continue;
		}
		why = check_contents(rule.kind, (struct slice){p, (size_t)len}, &verdict->alone);
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
	verdict.why = walk(schema.messages[signal].rules, request, &verdict);
	if (verdict.why)
		return (struct otlp_verdict){.why = verdict.why};
	verdict.valid = true;
	return verdict;
}
