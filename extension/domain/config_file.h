/* SPDX-License-Identifier: Apache-2.0 */
/* LULL_CONFIG: several destinations, as JSON (layer/lull-config.schema.json). */
#ifndef DOMAIN_CONFIG_FILE_H
#define DOMAIN_CONFIG_FILE_H

#include "domain/config.h"

/* The destinations in `config->file` in place of the environment's. Where it has none that can be
 * used those of the environment stay, and what is wrong is among the problems. */
void config_file_read(struct config *config, const char *const *environment);

#endif
