/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP as JSON (OTLP specification, section JSON Protobuf Encoding): the proto3 JSON mapping, but
 * trace and span ids in hexadecimal and enums as numbers. One generic mapping by protobuf-c's
 * descriptors for all messages, between wire bytes and text: no message objects in between. */
#ifndef WIRE_OTLP_JSON_H
#define WIRE_OTLP_JSON_H

#include <protobuf-c/protobuf-c.h>

#include "wire/otlp.h"
#include "wire/otlp_json_result.h"

/* Appends the request in JSON to `protobuf`, as wire bytes. On anything but OTLP_JSON_OK that is
 * left as it was, and `*why` says for people what is wrong (a constant; NULL where all is well).
 *
 * As the specification has it: ids in hexadecimal of any case; enums as numbers; 64-bit integers as
 * strings or numbers, exact over their whole range; bytes in base64, standard or URL-safe, padded
 * or not; NaN and Infinity as strings; unknown keys are ignored; null is the same as absent.
 * Taken too: original field names (trace_id), enums by name, any number as a string, whole numbers
 * written as reals (1.0, 1e3). Half a surrogate pair, which JSON.stringify() writes where a string
 * was cut, becomes U+FFFD.
 * Refused: a key twice in one object, in either spelling, or two members of a oneof (readers would
 * disagree on what is lost); null in an array; numbers that their field cannot hold; text that is
 * not UTF-8; messages deeper than OTLP_MAX_DEPTH.
 * Over one of the limits above it is OTLP_JSON_TOO_LARGE. */
enum otlp_json_result otlp_json_decode(enum otlp_signal signal, struct slice json,
				       struct bytes *protobuf, const char **why);

/* Appends a request as compact JSON: keys in lowerCamelCase, ids in lower-case hexadecimal, enums
 * as numbers, 64-bit integers as strings, default values left out. What JSON cannot carry is lost:
 * unknown fields, and ill-formed UTF-8 in strings (it becomes U+FFFD). False where the bytes are no
 * message, are nested deeper than OTLP_MAX_DEPTH or memory is short; `json` is then left as it
 * was. */
bool otlp_json_encode(enum otlp_signal signal, struct slice protobuf, struct bytes *json);

/* The same for any message: what services answer, google.rpc.Status. The contents of an Any have a
 * mapping of their own, which this has not: it sees only `typeUrl` and `value`. */
enum otlp_json_result otlp_json_decode_message(const ProtobufCMessageDescriptor *type,
					       struct slice json, struct bytes *protobuf,
					       const char **why);
bool otlp_json_encode_message(const ProtobufCMessageDescriptor *type, struct slice protobuf,
			      struct bytes *json);

#endif
