/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_BAGGAGE_H
#define DOMAIN_BAGGAGE_H

#include "base/bytes.h"

/* The next member of a W3C baggage header, key=value;properties, as it stands there but without the
 * properties and white space; `*rest` starts as the header and is moved along. What is no such
 * member is passed over. False at the end. https://www.w3.org/TR/baggage/#header-content */
bool baggage_next(struct slice *rest, struct slice *key, struct slice *value);

/* Appends such a value with %XX decoded to `out`, which is empty. False, and what is there is of no
 * use, where a %XX is broken, what comes out is no text in UTF-8, or memory is short. */
bool baggage_decode(struct slice value, struct bytes *out);

#endif
