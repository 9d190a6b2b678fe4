/* SPDX-License-Identifier: Apache-2.0 */
/* The text of LULL_CONFIG, and the variables in it. */
#ifndef DOMAIN_CONFIG_SOURCE_H
#define DOMAIN_CONFIG_SOURCE_H

#include "base/bytes.h"

#define CONFIG_FILE_LIMIT ((size_t)64 << 10)

/* Is it the JSON itself and not a path? */
bool config_is_inline(const char *value);

/* That JSON, or the contents of that file, to `text`. NULL, or why not, for people. */
const char *config_source(const char *value, struct bytes *text);

/* Appends `text` with each ${NAME} as the environment has it; `$${` is a `${`. Where a variable is
 * not set its name is returned, in `text` and `*len` long, and what is appended is of no use. */
const char *config_expand(const char *text, const char *const *environment, struct bytes *out,
			  size_t *len);

#endif
