/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/otlp_json_form.h"

#include <string.h>

#include "collector_logs.pb-c.h"
#include "collector_metrics.pb-c.h"
#include "collector_trace.pb-c.h"

const ProtobufCMessageDescriptor *otlp_json_request(enum otlp_signal signal)
{
	switch (signal) {
	case OTLP_TRACES:
		return &otlp__export_trace_service_request__descriptor;
	case OTLP_LOGS:
		return &otlp__export_logs_service_request__descriptor;
	case OTLP_METRICS:
		break;
	}
	return &otlp__export_metrics_service_request__descriptor;
}

struct otlp_json_form otlp_json_form(ProtobufCType type)
{
	/* No message of ours has a float: a unit test walks them all. */
	static const struct otlp_json_form forms[] = {
		[PROTOBUF_C_TYPE_INT32] = {PB_VARINT, .integer = true, .is_signed = true},
		[PROTOBUF_C_TYPE_SINT32] = {PB_VARINT, true, true, .zigzag = true},
		[PROTOBUF_C_TYPE_SFIXED32] = {PB_FIXED32, .integer = true, .is_signed = true},
		[PROTOBUF_C_TYPE_INT64] = {PB_VARINT, true, true, .wide = true},
		[PROTOBUF_C_TYPE_SINT64] = {PB_VARINT, true, true, .wide = true, .zigzag = true},
		[PROTOBUF_C_TYPE_SFIXED64] = {PB_FIXED64, true, true, .wide = true},
		[PROTOBUF_C_TYPE_UINT32] = {PB_VARINT, .integer = true},
		[PROTOBUF_C_TYPE_FIXED32] = {PB_FIXED32, .integer = true},
		[PROTOBUF_C_TYPE_UINT64] = {PB_VARINT, .integer = true, .wide = true},
		[PROTOBUF_C_TYPE_FIXED64] = {PB_FIXED64, .integer = true, .wide = true},
		[PROTOBUF_C_TYPE_DOUBLE] = {PB_FIXED64},
		[PROTOBUF_C_TYPE_BOOL] = {PB_VARINT, .integer = true},
		[PROTOBUF_C_TYPE_ENUM] = {PB_VARINT, .integer = true, .is_signed = true},
		[PROTOBUF_C_TYPE_STRING] = {PB_LEN},
		[PROTOBUF_C_TYPE_BYTES] = {PB_LEN},
		[PROTOBUF_C_TYPE_MESSAGE] = {PB_LEN},
	};

	return forms[type];
}

bool otlp_json_is_id(const ProtobufCFieldDescriptor *field)
{
	static const char *const names[] = {"trace_id", "span_id", "parent_span_id"};

	if (field->type != PROTOBUF_C_TYPE_BYTES)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(field->name, names[i]) == 0)
			return true;
	return false;
}

static bool in_oneof(const ProtobufCFieldDescriptor *field)
{
	return field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

bool otlp_json_has_presence(const ProtobufCFieldDescriptor *field)
{
	return in_oneof(field) || field->label == PROTOBUF_C_LABEL_REPEATED ||
	       field->type == PROTOBUF_C_TYPE_MESSAGE;
}

bool otlp_json_rivals(const ProtobufCFieldDescriptor *a, const ProtobufCFieldDescriptor *b)
{
	/* What a oneof is in protobuf-c: members that say in one place which of them is set. */
	return a != b && in_oneof(a) && in_oneof(b) && a->quantifier_offset == b->quantifier_offset;
}

/* The next letter of a name as it is in lowerCamelCase. */
static char camel(const char **name)
{
	char c = *(*name)++;

	if (c != '_')
		return c;
	c = *(*name)++;
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_camel_of(const char *key, const char *name)
{
	while (*key && *name)
		if (*key++ != camel(&name))
			return false;
	return *key == *name;
}

const ProtobufCFieldDescriptor *otlp_json_find(const ProtobufCMessageDescriptor *type,
					       const char *key)
{
	for (unsigned i = 0; i < type->n_fields; i++)
		if (is_camel_of(key, type->fields[i].name) ||
		    strcmp(key, type->fields[i].name) == 0)
			return &type->fields[i];
	return NULL;
}

void otlp_json_put_name(struct bytes *out, const ProtobufCFieldDescriptor *field)
{
	const char *name = field->name;

	while (*name)
		bytes_addc(out, (uint8_t)camel(&name));
}
