/* SPDX-License-Identifier: Apache-2.0 */
/* Wire bytes to JSON: a walk along the descriptor. On the wire the fields of a message may stand in
 * any order and more than once; in JSON each has one place. So a message is read once to see where
 * each field is, and then field by field. */
#include "wire/otlp_json.h"

#include <string.h>

#include "wire/otlp_json_form.h"
#include "wire/otlp_json_print.h"

/* No message of OTLP has more fields: a unit test walks them all. */
#define MAX_FIELDS 32

struct encoder {
	struct bytes *out;
	unsigned depth;
};

/* Where the occurrences of one field are, with others between them perhaps. */
struct run {
	const uint8_t *first;
	const uint8_t *end;
	size_t count;
};

static bool print_message(struct encoder *e, const ProtobufCMessageDescriptor *type,
			  struct slice message);

/* Does what stands on the wire belong to the field? Numbers that are repeated may be packed or not,
 * whatever the schema says. */
static bool is_of(const struct pb_field *found, const ProtobufCFieldDescriptor *field)
{
	return found->number == field->id &&
	       (found->type == otlp_json_form(field->type).wire ||
		(found->type == PB_LEN && field->label == PROTOBUF_C_LABEL_REPEATED));
}

/* The next occurrence. */
static bool next_of(struct pb_reader *r, const ProtobufCFieldDescriptor *field,
		    struct pb_field *found)
{
	while (pb_next(r, found))
		if (is_of(found, field))
			return true;
	return false;
}

static struct pb_reader read_run(const struct run *run)
{
	return (struct pb_reader){run->first, run->end, false};
}

/* ---- Values ---- */

static int64_t signed_value(struct otlp_json_form form, uint64_t bits)
{
	if (form.zigzag)
		bits = bits >> 1 ^ (0 - (bits & 1));
	return form.wide ? (int64_t)bits : (int32_t)(uint32_t)bits;
}

static void print_integer(struct encoder *e, struct otlp_json_form form, uint64_t bits)
{
	if (form.wide)
		bytes_addc(e->out, '"');
	if (form.is_signed)
		otlp_json_print_signed(e->out, signed_value(form, bits));
	else
		otlp_json_print_unsigned(e->out, bits);
	if (form.wide)
		bytes_addc(e->out, '"');
}

/* What is above a field's 32 bits does not count (Protocol Buffers, encoding). */
static uint64_t cut(const ProtobufCFieldDescriptor *field, uint64_t bits)
{
	struct otlp_json_form form = otlp_json_form(field->type);

	if (field->type == PROTOBUF_C_TYPE_BOOL)
		return bits != 0;
	return form.integer && !form.wide ? bits & UINT32_MAX : bits;
}

static void print_number(struct encoder *e, const ProtobufCFieldDescriptor *field, uint64_t bits)
{
	struct otlp_json_form form = otlp_json_form(field->type);
	double real;

	bits = cut(field, bits);
	if (field->type == PROTOBUF_C_TYPE_BOOL) {
		bytes_add(e->out, slice_str(bits ? "true" : "false"));
	} else if (form.integer) {
		print_integer(e, form, bits);
	} else {
		memcpy(&real, &bits, sizeof(real));
		otlp_json_print_double(e->out, real);
	}
}

static bool print_value(struct encoder *e, const ProtobufCFieldDescriptor *field,
			const struct pb_field *found)
{
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return print_message(e, field->descriptor, found->value);
	if (field->type == PROTOBUF_C_TYPE_STRING)
		otlp_json_print_string(e->out, found->value);
	else if (otlp_json_is_id(field))
		otlp_json_print_hex(e->out, found->value);
	else if (field->type == PROTOBUF_C_TYPE_BYTES)
		otlp_json_print_base64(e->out, found->value);
	else
		print_number(e, field, found->scalar);
	return true;
}

/* The numbers of a packed field, each with a comma behind it. */
static bool print_packed(struct encoder *e, const ProtobufCFieldDescriptor *field,
			 struct slice packed)
{
	enum pb_type wire = otlp_json_form(field->type).wire;
	size_t size = wire == PB_FIXED64 ? 8 : 4;
	const uint8_t *p = packed.data, *end = pb_read(packed).end;

	while (p < end) {
		uint64_t bits = 0;

		if (wire == PB_VARINT) {
			p = pb_get_varint(p, end, &bits);
			if (!p)
				return false;
		} else {
			if ((size_t)(end - p) < size)
				return false;
			for (size_t i = 0; i < size; i++)
				bits |= (uint64_t)*p++ << (8 * i);
		}
		print_number(e, field, bits);
		bytes_addc(e->out, ',');
	}
	return true;
}

/* ---- Fields ---- */

static bool print_repeated(struct encoder *e, const ProtobufCFieldDescriptor *field,
			   const struct run *run)
{
	struct pb_reader r = read_run(run);
	struct pb_field found;
	bool numbers = otlp_json_form(field->type).wire != PB_LEN;

	bytes_addc(e->out, '[');
	while (next_of(&r, field, &found)) {
		if (numbers && found.type == PB_LEN) {
			if (!print_packed(e, field, found.value))
				return false;
		} else {
			if (!print_value(e, field, &found))
				return false;
			bytes_addc(e->out, ',');
		}
	}
	if (!e->out->failed && e->out->data[e->out->len - 1] == ',')
		e->out->data[e->out->len - 1] = ']';
	else
		bytes_addc(e->out, ']');
	return true;
}

/* A message that stands several times is one: what one behind the other is on the wire. */
static bool print_joined(struct encoder *e, const ProtobufCFieldDescriptor *field,
			 const struct run *run)
{
	struct pb_reader r = read_run(run);
	struct bytes joined = {0};
	struct pb_field found;
	bool ok;

	while (next_of(&r, field, &found))
		bytes_add(&joined, found.value);
	ok = !joined.failed && print_message(e, field->descriptor, bytes_slice(&joined));
	bytes_free(&joined);
	return ok;
}

/* The last occurrence of a field counts. */
static struct pb_field last_of(const ProtobufCFieldDescriptor *field, const struct run *run)
{
	struct pb_reader r = read_run(run);
	struct pb_field found = {0}, last = {0};

	while (next_of(&r, field, &found))
		last = found;
	return last;
}

static bool is_default(const ProtobufCFieldDescriptor *field, const struct run *run)
{
	struct pb_field last;

	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		struct pb_reader r = read_run(run);

		/* Packed, and none in it. */
		while (next_of(&r, field, &last))
			if (last.type != PB_LEN || last.value.len > 0 ||
			    otlp_json_form(field->type).wire == PB_LEN)
				return false;
		return true;
	}
	if (otlp_json_has_presence(field))
		return false;
	last = last_of(field, run);
	return last.type == PB_LEN ? last.value.len == 0 : cut(field, last.scalar) == 0;
}

static bool print_field(struct encoder *e, const ProtobufCFieldDescriptor *field,
			const struct run *run)
{
	struct pb_field last;

	bytes_addc(e->out, '"');
	otlp_json_put_name(e->out, field);
	bytes_append(e->out, "\":", 2);
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return print_repeated(e, field, run);
	if (field->type == PROTOBUF_C_TYPE_MESSAGE && run->count > 1)
		return print_joined(e, field, run);
	last = last_of(field, run);
	return print_value(e, field, &last);
}

/* ---- Messages ---- */

static void note(const ProtobufCMessageDescriptor *type, struct run runs[MAX_FIELDS],
		 const struct pb_field *found)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(type, found->number);
	struct run *run;
	unsigned i;

	if (!field || !is_of(found, field))
		return;
	/* Of the members of a oneof the last one set clears the others. */
	for (i = 0; i < type->n_fields; i++)
		if (otlp_json_rivals(field, &type->fields[i]))
			runs[i].count = 0;
	run = &runs[field - type->fields];
	if (run->count++ == 0)
		run->first = found->whole.data;
	run->end = found->whole.data + found->whole.len;
}

static bool find_fields(const ProtobufCMessageDescriptor *type, struct slice message,
			struct run runs[MAX_FIELDS])
{
	struct pb_reader r = pb_read(message);
	struct pb_field found;

	if (type->n_fields > MAX_FIELDS)
		return false;
	memset(runs, 0, type->n_fields * sizeof(*runs));
	while (pb_next(&r, &found))
		note(type, runs, &found);
	return !r.failed;
}

static bool print_message(struct encoder *e, const ProtobufCMessageDescriptor *type,
			  struct slice message)
{
	struct run runs[MAX_FIELDS];
	bool ok, first = true;
	unsigned i;

	ok = e->depth < OTLP_MAX_DEPTH && find_fields(type, message, runs);
	e->depth++;
	bytes_addc(e->out, '{');
	for (i = 0; ok && i < type->n_fields; i++) {
		if (runs[i].count == 0 || is_default(&type->fields[i], &runs[i]))
			continue;
		if (!first)
			bytes_addc(e->out, ',');
		first = false;
		ok = print_field(e, &type->fields[i], &runs[i]);
	}
	bytes_addc(e->out, '}');
	e->depth--;
	return ok;
}

bool otlp_json_encode_message(const ProtobufCMessageDescriptor *type, struct slice protobuf,
			      struct bytes *json)
{
	struct encoder e = {.out = json};
	size_t before = json->len;

	if (print_message(&e, type, protobuf) && !json->failed)
		return true;
	json->len = before;
	return false;
}

bool otlp_json_encode(enum otlp_signal signal, struct slice protobuf, struct bytes *json)
{
	return otlp_json_encode_message(otlp_json_request(signal), protobuf, json);
}
