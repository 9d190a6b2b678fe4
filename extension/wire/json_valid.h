/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WIRE_JSON_VALID_H
#define WIRE_JSON_VALID_H

#include "base/bytes.h"

#define JSON_VALID_DEPTH 2048
#define JSON_NUMBER_SIZE 64

/* Is this one JSON value and nothing else (RFC 8259), in UTF-8, without surrogates that stand
 * alone, its numbers such as 64 bits hold and shorter than JSON_NUMBER_SIZE, nested at most
 * JSON_VALID_DEPTH deep? That is what jansson takes too, but for longer numbers. A text that is
 * valid needs no look at errors any more: it is walked by json_scan.h. */
bool json_valid(struct slice text);

/* Does the number (as JSON writes it) fit into an int64_t, or where it is a real into a double? */
bool json_number_fits(struct slice number);
bool json_number_is_real(struct slice number);

/* Behind the closing quote of the string that starts at `p`, valid or not; `end` where there is
 * none. */
const uint8_t *json_string_end(const uint8_t *p, const uint8_t *end);

#endif
