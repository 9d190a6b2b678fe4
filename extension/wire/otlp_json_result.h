/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a JSON text, and how large one may be. */
#ifndef WIRE_OTLP_JSON_RESULT_H
#define WIRE_OTLP_JSON_RESULT_H

#include <stddef.h>

/* A text and its tree are bounded, because a small function has 128 MB for everything. Measured
 * with jansson 2.14: its tree takes 7 to 12 times the text of spans, log records and data points,
 * and 72 times that of a text of nothing but `{}`. Whichever is reached first: 4 MiB, or a tree of
 * 32 MiB, which is some 8,000 spans of 490 bytes (SDKs send 512 at once). */
#define OTLP_JSON_LIMIT ((size_t)4 << 20)
#define OTLP_JSON_TREE_LIMIT ((size_t)32 << 20)

enum otlp_json_result { OTLP_JSON_OK, OTLP_JSON_BAD, OTLP_JSON_TOO_LARGE, OTLP_JSON_NO_MEMORY };

#endif
