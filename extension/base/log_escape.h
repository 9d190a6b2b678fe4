/* SPDX-License-Identifier: Apache-2.0 */
/* What came from outside must not forge lines or move a terminal's cursor, and a line is UTF-8. */
#ifndef BASE_LOG_ESCAPE_H
#define BASE_LOG_ESCAPE_H

#include <stddef.h>

/* Write `in` to `out` as far as it fits into `cap` bytes, whole characters only and not terminated,
 * and return the length. Characters that do not show, or turn the line's direction, are escaped: */

/* as \xNN, each byte, and so are bytes that are no UTF-8. */
size_t log_escape_text(char *out, size_t cap, const char *in);

/* as within a string of JSON, and bytes that are no UTF-8 are U+FFFD. */
size_t log_escape_json(char *out, size_t cap, const char *in);

#endif
