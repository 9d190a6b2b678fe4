/* SPDX-License-Identifier: Apache-2.0 */
/* Settings from the environment. One table is the source of parsing, of `lull --help` and of the
 * reference in the README. */
#ifndef DOMAIN_CONFIG_READ_H
#define DOMAIN_CONFIG_READ_H

#include "domain/config.h"

/* Reads `environment` ("NAME=value", NULL-terminated, as environ(7)). Never fails: a value that
 * cannot be used is a problem in the list and its default holds. To be freed with config_free(). */
void config_read(struct config *config, const char *const *environment);
void config_free(struct config *config);

#endif
