/* SPDX-License-Identifier: Apache-2.0 */
/* An environment as a list, as environ(7) has it. */
#ifndef DOMAIN_CONFIG_ENV_H
#define DOMAIN_CONFIG_ENV_H

#include <stdbool.h>

/* The value of `name` in "NAME=value", NULL-terminated, borrowed; NULL where it is absent or
 * empty. */
const char *config_env(const char *const *environment, const char *name);

/* Is it one of Managed Instances, which are never frozen? */
bool config_env_is_managed(const char *const *environment);

#endif
