/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_TIMESTAMP_H
#define DOMAIN_TIMESTAMP_H

#include "base/bytes.h"

/* Nanoseconds since 1970 of an RFC 3339 time ("2026-01-02T03:04:05.678Z", any number of digits
 * behind the point, any offset; a space for the T and no offset, which is UTC, are taken too).
 * False where it is none. */
bool timestamp_parse(struct slice text, uint64_t *unix_nano);

#endif
