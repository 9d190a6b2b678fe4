/* SPDX-License-Identifier: Apache-2.0 */
/* Values as JSON: private to wire/otlp_json_*. All append. */
#ifndef WIRE_OTLP_JSON_PRINT_H
#define WIRE_OTLP_JSON_PRINT_H

#include "base/bytes.h"

/* With its quotation marks. Ill-formed UTF-8 becomes U+FFFD. */
void otlp_json_print_string(struct bytes *out, struct slice s);

/* Lower-case hexadecimal, and base64 (RFC 4648, section 4) with padding; both as strings. */
void otlp_json_print_hex(struct bytes *out, struct slice s);
void otlp_json_print_base64(struct bytes *out, struct slice s);

void otlp_json_print_unsigned(struct bytes *out, uint64_t value);
void otlp_json_print_signed(struct bytes *out, int64_t value);

/* The fewest digits that are read as the same double; NaN and the infinities are strings. */
void otlp_json_print_double(struct bytes *out, double value);

#endif
