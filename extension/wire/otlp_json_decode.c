/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to wire bytes: a walk over jansson's tree along the descriptor. */
#include "wire/otlp_json.h"

#include "wire/otlp_json_form.h"
#include "wire/otlp_json_scalar.h"
#include "wire/otlp_json_tree.h"

/* Each of the walk's functions returns false where something is wrong, and `why` says what. */
struct decoder {
	struct bytes *out;
	unsigned depth;
	const char *why;
};

static bool refuse(struct decoder *d, const char *why)
{
	d->why = why;
	return false;
}

static bool put_message(struct decoder *d, const ProtobufCMessageDescriptor *type, json_t *object);

/* What the wire has for the value alone, without a tag. */
static void put_bits(struct bytes *out, enum pb_type wire, uint64_t bits)
{
	unsigned i;

	if (wire == PB_VARINT) {
		pb_put_varint(out, bits);
		return;
	}
	for (i = 0; i < (wire == PB_FIXED64 ? 8 : 4); i++)
		bytes_addc(out, (uint8_t)(bits >> (8 * i)));
}

static bool put_packed(struct decoder *d, const ProtobufCFieldDescriptor *field, json_t *array)
{
	enum pb_type wire = otlp_json_form(field->type).wire;
	size_t i, mark;
	json_t *value;

	if (json_array_size(array) == 0)
		return true;
	mark = pb_begin(d->out, field->id);
	json_array_foreach(array, i, value) {
		uint64_t bits = 0;
		const char *why = otlp_json_number(field, value, &bits);

		if (why)
			return refuse(d, why);
		put_bits(d->out, wire, bits);
	}
	pb_end(d->out, mark);
	return true;
}

static bool put_number(struct decoder *d, const ProtobufCFieldDescriptor *field, json_t *value)
{
	enum pb_type wire = otlp_json_form(field->type).wire;
	uint64_t bits = 0;
	const char *why = otlp_json_number(field, value, &bits);

	if (why)
		return refuse(d, why);
	if (bits == 0 && !otlp_json_has_presence(field))
		return true;
	pb_put_tag(d->out, field->id, wire);
	put_bits(d->out, wire, bits);
	return true;
}

/* Messages, strings and bytes. */
static bool put_delimited(struct decoder *d, const ProtobufCFieldDescriptor *field, json_t *value)
{
	size_t before = d->out->len, mark = pb_begin(d->out, field->id);
	const char *why;

	if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		if (!put_message(d, field->descriptor, value))
			return false;
	} else {
		why = otlp_json_bytes(field, value, d->out);
		if (why)
			return refuse(d, why);
		if (d->out->len == mark && !otlp_json_has_presence(field)) {
			d->out->len = before;
			return true;
		}
	}
	pb_end(d->out, mark);
	return true;
}

static bool put_field(struct decoder *d, const ProtobufCFieldDescriptor *field, json_t *value)
{
	bool delimited = otlp_json_form(field->type).wire == PB_LEN;
	json_t *element;
	size_t i;

	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return delimited ? put_delimited(d, field, value) : put_number(d, field, value);
	if (!json_is_array(value))
		return refuse(d, "an array was expected");
	if (!delimited)
		return put_packed(d, field, value);
	json_array_foreach(value, i, element) {
		if (!put_delimited(d, field, element))
			return false;
	}
	return true;
}

/* Is what is set already, a bit for each field of the message, against setting this one too? */
static const char *conflict(const ProtobufCMessageDescriptor *type, uint64_t set,
			    const ProtobufCFieldDescriptor *field)
{
	for (unsigned i = 0; i < type->n_fields; i++) {
		if (!(set >> i & 1))
			continue;
		if (&type->fields[i] == field)
			return "a field stands twice in one message, in both spellings";
		if (otlp_json_rivals(&type->fields[i], field))
			return "only one member of a oneof may be set";
	}
	return NULL;
}

static bool put_fields(struct decoder *d, const ProtobufCMessageDescriptor *type, json_t *object)
{
	const ProtobufCFieldDescriptor *field;
	uint64_t set = 0;
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		field = json_is_null(value) ? NULL : otlp_json_find(type, key);
		if (!field)
			continue;
		d->why = conflict(type, set, field);
		if (d->why || !put_field(d, field, value))
			return false;
		set |= UINT64_C(1) << (field - type->fields);
	}
	return true;
}

static bool put_message(struct decoder *d, const ProtobufCMessageDescriptor *type, json_t *object)
{
	bool ok;

	if (!json_is_object(object))
		return refuse(d, "an object was expected");
	if (d->depth == OTLP_MAX_DEPTH)
		return refuse(d, "messages are nested more than 100 deep");
	d->depth++;
	ok = put_fields(d, type, object);
	d->depth--;
	return ok;
}

enum otlp_json_result otlp_json_decode_message(const ProtobufCMessageDescriptor *type,
					       struct slice json, struct bytes *protobuf,
					       const char **why)
{
	struct decoder d = {.out = protobuf};
	size_t before = protobuf->len;
	struct otlp_json_tree tree;
	enum otlp_json_result result = otlp_json_tree_load(json, &tree, why);

	if (result == OTLP_JSON_OK && !put_message(&d, type, tree.root)) {
		*why = d.why;
		result = OTLP_JSON_BAD;
	}
	otlp_json_tree_free(&tree);
	if (protobuf->failed) {
		*why = "memory is short";
		result = OTLP_JSON_NO_MEMORY;
	}
	if (result != OTLP_JSON_OK)
		protobuf->len = before;
	return result;
}

enum otlp_json_result otlp_json_decode(enum otlp_signal signal, struct slice json,
				       struct bytes *protobuf, const char **why)
{
	return otlp_json_decode_message(otlp_json_request(signal), json, protobuf, why);
}
