/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_CONFIG_HELP_H
#define DOMAIN_CONFIG_HELP_H

#include "base/bytes.h"

/* Appends the table of settings for people: name, default, meaning. Columns for a terminal of
 * 100. */
void config_help(struct bytes *out);

#endif
