/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the borders of JSON values without parsing them, so that one odd value does not take its
 * neighbours with it: jansson refuses a whole text for one lone surrogate or 1e400. */
#ifndef WIRE_JSON_SCAN_H
#define WIRE_JSON_SCAN_H

#include <jansson.h>

#include "base/bytes.h"

/* The text of the next element of an array. `*rest` starts as the array's whole text (false where
 * that is no array) and is moved along. What is not closed at the end is given as it is. */
bool json_scan_array(struct slice *rest, struct slice *element);

/* The next member of an object: its key as it stands between the quotes, and the text of its value.
 * `*rest` as above. */
bool json_scan_object(struct slice *rest, struct slice *key, struct slice *value);

/* The text of the value under `key` in an object's text, or {NULL, 0}. Keys with escapes are not
 * recognised. Of two with one name the first. */
struct slice json_scan_member(struct slice object, const char *key);

/* Parses a text of any JSON type, mended where jansson refuses it (json_mend.h). NULL where it is
 * no JSON all the same. The caller owns the reference. */
json_t *json_scan_parse(struct slice text);

#endif
