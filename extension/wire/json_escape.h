/* SPDX-License-Identifier: Apache-2.0 */
/* What a backslash in a JSON string stands for (RFC 8259, section 7). */
#ifndef WIRE_JSON_ESCAPE_H
#define WIRE_JSON_ESCAPE_H

#include "base/bytes.h"

/* The length of the escape at `p`, where the backslash is (a pair of surrogates is one), and what
 * it stands for; 0 where it is none that JSON knows, or a surrogate alone. */
size_t json_escape(const uint8_t *p, const uint8_t *end, uint32_t *code);

/* Appends what stands between the quotes of a string with its escapes resolved: those that stand
 * for nothing, and NUL, which readers of C strings end at, become U+FFFD. */
void json_unescape(struct slice inner, struct bytes *out);

#endif
