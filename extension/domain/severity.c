/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/severity.h"

#include <string.h>

static const struct {
	const char *name;
	Otlp__SeverityNumber number;
} levels[] = {
	{"TRACE", OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_TRACE},
	{"DEBUG", OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_DEBUG},
	{"INFO", OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_INFO},
	{"WARN", OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_WARN},
	{"ERROR", OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_ERROR},
	{"FATAL", OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_FATAL},
	{"WARNING", OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_WARN},
	{"CRITICAL", OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_FATAL},
	{"ALL", OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_TRACE},
};

#define STEPPED 6 /* the first ones exist with a digit too: DEBUG2 */

Otlp__SeverityNumber severity_parse(struct slice name)
{
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		size_t len = strlen(levels[i].name);

		if (name.len < len ||
		    strncasecmp((const char *)name.data, levels[i].name, len) != 0)
			continue;
		if (name.len == len)
			return levels[i].number;
		if (i < STEPPED && name.len == len + 1 && name.data[len] >= '2' &&
		    name.data[len] <= '4')
			return levels[i].number + (name.data[len] - '1');
	}
	return OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_UNSPECIFIED;
}
