/* SPDX-License-Identifier: Apache-2.0 */
/* What a field of a descriptor is in JSON and on the wire: private to wire/otlp_json_*. */
#ifndef WIRE_OTLP_JSON_FORM_H
#define WIRE_OTLP_JSON_FORM_H

#include <protobuf-c/protobuf-c.h>

#include "wire/otlp.h"

/* The message that a request of this signal is. */
const ProtobufCMessageDescriptor *otlp_json_request(enum otlp_signal signal);

/* How a value of a type stands on the wire (one value: of a packed field, each). */
struct otlp_json_form {
	enum pb_type wire;
	bool integer; /* any but double: enums and bool too */
	bool is_signed;
	bool wide; /* 64 bits; in JSON a string */
	bool zigzag;
};

struct otlp_json_form otlp_json_form(ProtobufCType type);

/* Trace and span ids: bytes that are hexadecimal in JSON. */
bool otlp_json_is_id(const ProtobufCFieldDescriptor *field);

/* Must the default value be told from an absent one? */
bool otlp_json_has_presence(const ProtobufCFieldDescriptor *field);

/* Are these different members of one oneof? */
bool otlp_json_rivals(const ProtobufCFieldDescriptor *a, const ProtobufCFieldDescriptor *b);

/* The field of that name, in lowerCamelCase or as it is declared; NULL where there is none. */
const ProtobufCFieldDescriptor *otlp_json_find(const ProtobufCMessageDescriptor *type,
					       const char *key);

/* Appends the field's name in lowerCamelCase. */
void otlp_json_put_name(struct bytes *out, const ProtobufCFieldDescriptor *field);

#endif
