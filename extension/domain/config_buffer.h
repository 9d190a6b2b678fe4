/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_CONFIG_BUFFER_H
#define DOMAIN_CONFIG_BUFFER_H

#include <stddef.h>

/* Memory for data, in bytes, where LULL_BUFFER does not say: a sixteenth of the function's, of
 * which `*from` is the variable's name, or 16 MB where that is not known, and then NULL. */
size_t config_buffer_default(const char *const *environment, const char **from);

#endif
