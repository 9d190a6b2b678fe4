/* SPDX-License-Identifier: Apache-2.0 */
/* Lists in one setting, of words or of key=value. */
#ifndef DOMAIN_CONFIG_LISTS_H
#define DOMAIN_CONFIG_LISTS_H

#include <stdbool.h>

#include "base/bytes.h"

/* The next member of a list with commas, white space and all. The list is moved along, and is NULL
 * behind the last: "a," has two. False where there is none. */
bool config_list_next(const char **list, struct slice *member);

/* Decodes %XX in place: the text is never longer then. False at a broken one. */
bool config_percent_decode(char *text, size_t *len);

/* Calls `each` with every `key=value` of a list as OTEL_EXPORTER_OTLP_HEADERS and
 * OTEL_RESOURCE_ATTRIBUTES have it (W3C Baggage without properties): white space around both is
 * ignored, %XX of the value is decoded, raw spaces inside are kept. Returns false, and calls
 * nothing further, at the first member without a key or with a broken %XX. */
bool config_pairs(const char *list, void (*each)(void *ctx, struct slice key, struct slice value),
		  void *ctx);

/* HTTP headers from such a list: "name: value" lines, NULL-terminated, in place of `*value`. False,
 * and `*value` left alone, where a name is no token, a value holds a control character, or memory
 * is short. To be freed with config_headers_free(), which takes NULL too. */
bool config_parse_headers(const char *text, char ***value);
void config_headers_free(char **headers);

#endif
