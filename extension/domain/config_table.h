/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of settings: their names, types, defaults and meanings. */
#ifndef DOMAIN_CONFIG_TABLE_H
#define DOMAIN_CONFIG_TABLE_H

#include "domain/config.h"

enum setting_type {
	T_BOOL,
	T_STRING,
	T_PROXY,
	T_ENDPOINT,
	T_HEADERS,
	T_DURATION,
	T_FLUSH,
	T_SIZE,
	T_SIZE_OR_OFF,
	T_PORT,
	T_LEVEL,
	T_COMPRESSION,
	T_TEMPORALITY,
	T_SEVERITY,
	T_CONFIG,
	T_SIGNALS,
	T_TRUE,
	T_NONE,
	T_PROTOCOL,
	T_SPANS,
	T_LOG_FORMAT,
	T_PLATFORM_LOGS,
	T_KEYS,
};

struct setting {
	const char *name; /* behind LULL_, or the whole name where it is another's */
	enum setting_type type;
	bool exported; /* part of struct export_settings, for all signals or for one */
	const char *def;
	size_t offset;
	const char *help;
};

/* The table, in the order of `lull --help`. */
const struct setting *config_table(size_t *count);

/* Is the name a whole one, OpenTelemetry's, Lambda's or everybody's? */
bool setting_is_foreign(const struct setting *setting);

#define SETTING_NAME 64

/* The name under which the environment has it, for all signals where it is exported. */
void setting_whole_name(const struct setting *setting, char name[static SETTING_NAME]);

/* The names of a setting under LULL_, one after the other, `which` from 0; false behind the
 * last. */
bool setting_name(const struct setting *setting, unsigned which, char name[static SETTING_NAME]);

/* What the environment says of a setting that is not exported, and the name under which it does;
 * NULL where nothing. */
const char *setting_find(const struct setting *setting, const char *const *environment,
			 char name[static SETTING_NAME]);

/* The same of an exported one: the first of the four names that is set, LULL_ before OTEL_, one
 * signal before all. `*whole`: it was said for this signal alone. PROTOCOL and INSECURE count under
 * OTEL_ only where the endpoint is OTEL_'s, too: else they are about the function's own way to
 * lull. */
const char *setting_find_exported(const struct setting *setting, enum otlp_signal signal,
				  const char *const *environment, char name[static SETTING_NAME],
				  bool *whole);

/* Where a value goes. */
struct setting_target {
	void *at;
	struct export_settings *export; /* of an exported one: what it is part of */
	bool whole;                     /* said for one signal alone */
};

/* Of an exported setting, for all signals. */
struct setting_target setting_target_of(const struct setting *setting,
					struct config_destination *destination,
					enum otlp_signal signal);

/* False, and the value left alone, where the text is none of that type. */
bool setting_parse(enum setting_type type, const char *text, const struct setting_target *to);

/* What to write instead, for people. */
const char *setting_wanted(enum setting_type type);

/* The one setting that has to be known before all others are read, lest there be something to
 * say. */
enum log_format setting_log_format(const char *const *environment);

/* "http/protobuf" and so on; of PROTOCOL_BY_PORT there is none. */
const char *setting_protocol_name(enum protocol protocol);

/* May the value not be shown: headers, a URL with a password or a query, a file's contents? */
bool setting_is_secret(const struct setting *setting, const char *value);

#endif
