/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WIRE_JSON_MEND_H
#define WIRE_JSON_MEND_H

#include "base/bytes.h"

/* Appends the text with what people write and JSON does not know made JSON: surrogates that stand
 * alone and ill-formed UTF-8 become U+FFFD, control characters in strings escapes, numbers that 64
 * bits do not hold strings, digit by digit, and so do NaN and Infinity. What is no JSON for another
 * reason stays none. */
void json_mend(struct slice text, struct bytes *out);

#endif
