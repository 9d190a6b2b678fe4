/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_TIMESTAMP_H
#define DOMAIN_TIMESTAMP_H

#include "base/bytes.h"

/* Nanoseconds since 1970 of an RFC 3339 time ("2026-01-02T03:04:05.678Z", any number of digits
 * behind the point or comma, any offset; a space for the T, slashes for the dashes, no offset,
 * which is UTC, and behind an offset a zone's name as Java writes it, are taken too). False where
 * it is none. */
bool timestamp_parse(struct slice text, uint64_t *unix_nano);

/* The same of a time that other text follows: `*text` is moved behind it. */
bool timestamp_scan(struct slice *text, uint64_t *unix_nano);

/* Nanoseconds since 1970 of a number of seconds, milliseconds, microseconds or nanoseconds,
 * whichever gives a time of this century, with or without a fraction. False where none does. */
bool timestamp_number(struct slice text, uint64_t *unix_nano);

#endif
