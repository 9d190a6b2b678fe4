/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_env.h"

#include <string.h>

const char *config_env(const char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return (*environment)[len + 1] ? *environment + len + 1 : NULL;
	return NULL;
}

bool config_env_is_managed(const char *const *environment)
{
	const char *type = config_env(environment, "AWS_LAMBDA_INITIALIZATION_TYPE");

	return type && strcmp(type, "lambda-managed-instances") == 0;
}
