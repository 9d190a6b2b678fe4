/* SPDX-License-Identifier: Apache-2.0 */
/* The names in LULL_CORRELATE. */
#ifndef DOMAIN_CONFIG_CORRELATE_H
#define DOMAIN_CONFIG_CORRELATE_H

#include "domain/config.h"

/* Is any of them one that can be used? */
bool config_correlate_has_key(const char *text);

/* Once it is read: sets config->correlate_keys to those that can be used, white space around them
 * left out and each once. The others are problems. */
void config_correlate_settle(struct config *config);

#endif
