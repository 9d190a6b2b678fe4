/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/config_lists.h"
#include "domain/config_names.h"
#include "domain/config_own.h"
#include "domain/config_table.h"

static void problem(struct config *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void problem(struct config *c, const char *fmt, ...)
{
	va_list ap;
	char *text;
	bool said;

	va_start(ap, fmt);
	said = vasprintf(&text, fmt, ap) < 0;
	va_end(ap);
	if (said)
		return;
	/* What is wrong for all signals comes up for each, and is said once. */
	for (unsigned i = 0; i < c->problem_count; i++)
		said |= strcmp(c->problems[i], text) == 0;
	if (said || c->problem_count == CONFIG_PROBLEMS)
		free(text);
	else
		c->problems[c->problem_count++] = text;
}

/* ---- Reading ---- */

const char *config_env(const char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return (*environment)[len + 1] ? *environment + len + 1 : NULL;
	return NULL;
}

static void refuse(struct config *c, const struct setting *s, const char *name, const char *value)
{
	/* Headers hold secrets, and so does a URL with a password: never in a log line. */
	if (setting_is_secret(s, value))
		problem(c, "%s cannot be read: %s; it is ignored", name, setting_wanted(s->type));
	else
		problem(c, "%s=%s cannot be used: %s; %s%s", name, value, setting_wanted(s->type),
			s->def ? "the default holds: " : "it is ignored", s->def ? s->def : "");
}

static void read_exported(struct config *c, const struct setting *s, enum otlp_signal signal,
			  const char *const *env)
{
	struct export_settings *export = &c->destinations[0].export[signal];
	struct setting_target to = {(char *)export + s->offset, signal, false};
	char name[SETTING_NAME];
	const char *value;

	if (s->def)
		setting_parse(s->type, s->def, &to);
	value = setting_find_exported(s, signal, env, name, &to.whole);
	if (value && !setting_parse(s->type, value, &to))
		refuse(c, s, name, value);
}

static void read_plain(struct config *c, const struct setting *s, const char *const *env)
{
	struct setting_target to = {.at = (char *)c + s->offset};
	char name[SETTING_NAME];
	const char *value;

	if (s->def)
		setting_parse(s->type, s->def, &to);
	value = setting_find(s, env, name);
	if (value && !setting_parse(s->type, value, &to))
		refuse(c, s, name, value);
}

/* ---- Names that are none ---- */

static bool is_known(struct slice name)
{
	char ours[SETTING_NAME];
	size_t count;
	const struct setting *table = config_table(&count);

	for (size_t i = 0; i < count; i++)
		for (unsigned k = 0; setting_name(&table[i], k, ours); k++)
			if (slice_is(name, ours))
				return true;
	/* That one is lull-wrap's, which is a process of its own. */
	return slice_is(name, "LULL_WRAP_NEXT");
}

static void find_nearest(struct slice name, char nearest[static SETTING_NAME])
{
	unsigned least = UINT_MAX;
	char ours[SETTING_NAME];
	size_t count;
	const struct setting *table = config_table(&count);

	for (size_t i = 0; i < count; i++) {
		for (unsigned k = 0; setting_name(&table[i], k, ours); k++) {
			unsigned distance = config_distance(name, slice_str(ours));

			if (distance >= least)
				continue;
			least = distance;
			memcpy(nearest, ours, sizeof ours);
		}
	}
}

/* A misspelt setting is silent otherwise, and its default looks like a bug. */
static void name_unknown(struct config *c, const char *const *environment)
{
	char nearest[SETTING_NAME];

	for (; *environment; environment++) {
		struct slice name = slice_of(*environment, strcspn(*environment, "="));

		if (strncmp(*environment, "LULL_", 5) != 0 || is_known(name))
			continue;
		find_nearest(name, nearest);
		problem(c, "%.*s is no setting of lull: is %s meant? (lull --help lists them)",
			(int)(name.len < 64 ? name.len : 64), *environment, nearest);
	}
}

/* ---- lull's own address ---- */

static void refuse_own(struct config *c)
{
	bool said = false;

	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		char **endpoint = &c->destinations[0].export[s].endpoint;

		if (!*endpoint || (!config_is_own(*endpoint, c->http_port) &&
				   !config_is_own(*endpoint, c->grpc_port)))
			continue;
		if (!said)
			problem(c,
				"the endpoint %s is lull itself: set LULL_ENDPOINT to the backend's URL "
				"(OTEL_EXPORTER_OTLP_ENDPOINT may stay for the function's SDK)",
				config_host(*endpoint));
		said = true;
		free(*endpoint);
		*endpoint = NULL;
	}
}

/* A sixteenth of the function's memory. */
static size_t default_buffer(const char *const *environment)
{
	const size_t mb = (size_t)1 << 20;
	const char *memory = config_env(environment, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
	unsigned long size = memory ? strtoul(memory, NULL, 10) / 16 : 0;

	if (size == 0)
		return 16 * mb;
	return size < 4 ? 4 * mb : size > 64 ? 64 * mb : size * mb;
}

void config_read(struct config *config, const char *const *environment)
{
	size_t count;
	const struct setting *table = config_table(&count);

	*config = (struct config){.buffer = default_buffer(environment), .destination_count = 1};
	for (size_t i = 0; i < count; i++) {
		if (!table[i].exported) {
			read_plain(config, &table[i], environment);
			continue;
		}
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			read_exported(config, &table[i], (enum otlp_signal)s, environment);
	}
	refuse_own(config);
	name_unknown(config, environment);
}

bool config_exports(const struct config *config)
{
	for (unsigned i = 0; i < config->destination_count * OTLP_SIGNALS; i++)
		if (config->destinations[i / OTLP_SIGNALS].export[i % OTLP_SIGNALS].endpoint)
			return true;
	return false;
}

static void destination_free(struct config_destination *d)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		free(d->export[s].endpoint);
		free(d->export[s].certificate);
		config_headers_free(d->export[s].headers);
	}
	free(d->name);
	*d = (struct config_destination){0};
}

void config_free(struct config *config)
{
	for (unsigned i = 0; i < config->destination_count; i++)
		destination_free(&config->destinations[i]);
	free(config->service_name);
	free(config->resource_attributes);
	free(config->spool_folder);
	for (unsigned i = 0; i < config->problem_count; i++)
		free(config->problems[i]);
	*config = (struct config){0};
}
