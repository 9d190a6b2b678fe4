/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_buffer.h"

#include <stdlib.h>

#include "domain/config_env.h"

#define MB ((size_t)1 << 20)

size_t config_buffer_default(const char *const *environment, const char **from)
{
	static const char name[] = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
	const char *memory = config_env(environment, name);
	unsigned long size = memory ? strtoul(memory, NULL, 10) / 16 : 0;

	*from = size > 0 ? name : NULL;
	if (size == 0)
		return 16 * MB;
	return size < 4 ? 4 * MB : size > 64 ? 64 * MB : size * MB;
}
