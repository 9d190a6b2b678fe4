/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_values.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/now.h"

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* A whole number and one of `units` (the first without suffix); the largest result is INT64_MAX. */
static bool parse_number(const char *text, const struct unit *units, uint64_t *value)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return false;
	for (; units->suffix; units++)
		if (strcasecmp(end, units->suffix) == 0)
			return !__builtin_mul_overflow(number, units->factor, value) &&
			       *value <= INT64_MAX;
	return false;
}

bool config_parse_duration(const char *text, int64_t *value)
{
	static const struct unit units[] = {{"", NS_PER_MS},        {"ms", NS_PER_MS},
					    {"s", NS_PER_S},        {"m", 60 * NS_PER_S},
					    {"min", 60 * NS_PER_S}, {NULL, 0}};
	uint64_t ns;

	if (!parse_number(text, units, &ns) || ns == 0)
		return false;
	*value = (int64_t)ns;
	return true;
}

bool config_parse_size(const char *text, size_t *value)
{
	static const struct unit units[] = {{"", 1},          {"KB", 1 << 10}, {"K", 1 << 10},
					    {"MB", 1 << 20},  {"M", 1 << 20},  {"KiB", 1 << 10},
					    {"MiB", 1 << 20}, {NULL, 0}};
	uint64_t size;

	if (!parse_number(text, units, &size) || size == 0)
		return false;
	*value = (size_t)size;
	return true;
}

bool config_parse_port(const char *text, uint16_t *value)
{
	static const struct unit units[] = {{"", 1}, {NULL, 0}};
	uint64_t port;

	if (!parse_number(text, units, &port) || port == 0 || port > UINT16_MAX)
		return false;
	*value = (uint16_t)port;
	return true;
}

bool config_parse_bool(const char *text, bool *value)
{
	static const char *const yes[] = {"true", "1", "yes", "on"};
	static const char *const no[] = {"false", "0", "no", "off"};

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		if (strcasecmp(text, yes[i]) == 0)
			return *value = true;
		if (strcasecmp(text, no[i]) == 0) {
			*value = false;
			return true;
		}
	}
	return false;
}

bool config_parse_word(const char *text, const char *const *words, unsigned count, unsigned *value)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*value = i;
			return true;
		}
	}
	return false;
}
