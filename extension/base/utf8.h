/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/bytes.h"

/* The length of the well-formed sequence that starts at `p` (before `end`); 0 where there is
 * none. */
size_t utf8_sequence(const uint8_t *p, const uint8_t *end);

/* Is this well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong, nothing above U+10FFFF)? */
bool utf8_valid(struct slice s);

/* Appends `s` with every ill-formed sequence replaced by U+FFFD. */
void utf8_repair(struct bytes *out, struct slice s);

#endif
