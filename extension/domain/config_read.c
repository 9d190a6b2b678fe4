/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_read.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/config_buffer.h"
#include "domain/config_correlate.h"
#include "domain/config_destination.h"
#include "domain/config_endpoint.h"
#include "domain/config_env.h"
#include "domain/config_file.h"
#include "domain/config_names.h"
#include "domain/config_own.h"
#include "domain/config_problem.h"
#include "domain/config_signals.h"
#include "domain/config_table.h"
#include "domain/url_shown.h"

/* ---- Reading ---- */

static void refuse(struct config *c, const struct setting *s, const char *name, const char *value)
{
	/* Headers hold secrets, and so does a URL with a password: never in a log line. */
	if (setting_is_secret(s, value))
		config_problem(c, "%s cannot be read: %s; it is ignored", name,
			       setting_wanted(s->type));
	else
		config_problem(c, "%s=%s cannot be used: %s; %s%s", name, value,
			       setting_wanted(s->type),
			       s->def ? "the default holds: " : "it is ignored",
			       s->def ? s->def : "");
}

static void read_exported(struct config *c, const struct setting *s, enum otlp_signal signal,
			  const char *const *env)
{
	struct setting_target to = setting_target_of(s, &c->destinations[0], signal);
	char name[SETTING_NAME];
	const char *value = setting_find_exported(s, signal, env, name, &to.whole);

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
		config_problem(c,
			       "%.*s is no setting of lull: is %s meant? (lull --help lists them)",
			       (int)(name.len < 64 ? name.len : 64), *environment, nearest);
	}
}

/* ---- lull's own address ---- */

static void say_own(struct config *c, const struct config_destination *d, const char *endpoint)
{
	struct bytes text = {0};
	const char *shown;

	url_add_shown(&text, endpoint);
	shown = bytes_cstr(&text) ? (const char *)text.data : "";
	if (d->name)
		config_problem(
			c,
			"LULL_CONFIG: destination %s: the endpoint %s is lull itself: set it to "
			"the backend's URL",
			d->name, shown);
	else
		config_problem(
			c,
			"the endpoint %s is lull itself: set LULL_ENDPOINT to the backend's URL "
			"(OTEL_EXPORTER_OTLP_ENDPOINT may stay for the function's SDK)",
			shown);
	bytes_free(&text);
}

static void refuse_own(struct config *c, struct config_destination *d)
{
	bool said = false;

	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		const char *endpoint = d->export[s].endpoint;

		if (!endpoint || (!config_is_own(endpoint, c->http_port) &&
				  !config_is_own(endpoint, c->grpc_port)))
			continue;
		if (!said)
			say_own(c, d, endpoint);
		said = true;
		config_destination_leave_out(d, (enum otlp_signal)s);
	}
}

void config_read(struct config *config, const char *const *environment)
{
	size_t count;
	const struct setting *table = config_table(&count);
	const char *from;

	*config = (struct config){.destination_count = 1};
	config->buffer = config_buffer_default(environment, &from);
	config_destination_init(&config->destinations[0]);
	for (size_t i = 0; i < count; i++) {
		if (!table[i].exported) {
			read_plain(config, &table[i], environment);
			continue;
		}
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			read_exported(config, &table[i], (enum otlp_signal)s, environment);
	}
	if (config->file)
		config_file_read(config, environment);
	config_endpoints_settle(config);
	config_correlate_settle(config);
	for (unsigned i = 0; i < config->destination_count; i++)
		refuse_own(config, &config->destinations[i]);
	config_signals_apply(config, environment);
	name_unknown(config, environment);
}

void config_free(struct config *config)
{
	for (unsigned i = 0; i < config->destination_count; i++)
		config_destination_free(&config->destinations[i]);
	free(config->file);
	free(config->https_proxy);
	free(config->http_proxy);
	free(config->no_proxy);
	free(config->service_name);
	free(config->resource_attributes);
	free(config->spool_folder);
	free(config->correlate);
	for (unsigned i = 0; i < config->problem_count; i++)
		free(config->problems[i]);
	*config = (struct config){0};
}
