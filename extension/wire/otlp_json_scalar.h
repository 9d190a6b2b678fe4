/* SPDX-License-Identifier: Apache-2.0 */
/* Values out of JSON: private to wire/otlp_json_*. Each returns NULL, or what is wrong with the
 * value (a constant). What is taken otlp_json_decode() says. */
#ifndef WIRE_OTLP_JSON_SCALAR_H
#define WIRE_OTLP_JSON_SCALAR_H

#include <jansson.h>

#include "wire/otlp_json_form.h"

/* A number, boolean or enum as it stands on the wire: a varint's value, or the bits of a fixed one.
 * `*bits` is 0 for the default value alone. */
const char *otlp_json_number(const ProtobufCFieldDescriptor *field, const json_t *json,
			     uint64_t *bits);

/* Appends the bytes that a string stands for. */
const char *otlp_json_bytes(const ProtobufCFieldDescriptor *field, const json_t *json,
			    struct bytes *out);

#endif
