/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "domain/config_lists.h"
#include "domain/config_source.h"
#include "domain/config_table.h"
#include "where.h"

/* ---- Values ---- */

static void add_header_name(void *ctx, struct slice key, struct slice value)
{
	struct bytes *out = ctx;

	(void)value;
	bytes_add(out, key);
	bytes_addf(out, "=... ");
}

static void add_value(struct bytes *out, const struct setting *s, const char *value)
{
	if (!value)
		bytes_addf(out, "-");
	else if (s->type == T_HEADERS)
		config_pairs(value, add_header_name, out);
	else if (s->type == T_CONFIG && config_is_inline(value))
		bytes_addf(out, "{...}");
	else if (s->type == T_ENDPOINT || s->type == T_PROXY)
		where_add_url(out, value);
	else
		bytes_addf(out, "%s", value);
}

static void add_line(struct bytes *out, const char *name, const struct setting *s,
		     const char *value, const char *from)
{
	struct bytes shown = {0};

	add_value(&shown, s, value ? value : s->def);
	bytes_addf(out, "  %-28s %-40s %s\n", name,
		   bytes_cstr(&shown) ? (const char *)shown.data : "",
		   value    ? from
		   : s->def ? "the default"
			    : "not set");
	bytes_free(&shown);
}

/* One line where it is the same for all signals, else one for each. */
static void add_exported(struct bytes *out, const struct setting *s, const char *const *env)
{
	static const char *const signals[] = {"TRACES_", "LOGS_", "METRICS_"};
	char from[OTLP_SIGNALS][SETTING_NAME], name[SETTING_NAME];
	const char *value[OTLP_SIGNALS];
	bool whole, alike = true;

	for (unsigned i = 0; i < OTLP_SIGNALS; i++) {
		value[i] = setting_find_exported(s, (enum otlp_signal)i, env, from[i], &whole);
		alike &= value[i] == value[0];
	}
	for (unsigned i = 0; i < (alike ? 1 : OTLP_SIGNALS); i++) {
		snprintf(name, sizeof name, "LULL_%s%s", alike ? "" : signals[i], s->name);
		add_line(out, name, s, value[i], strcmp(from[i], name) == 0 ? "set" : from[i]);
	}
}

static void add_settings(struct bytes *out, const char *const *env)
{
	size_t count;
	const struct setting *table = config_table(&count);

	for (size_t i = 0; i < count; i++) {
		char name[SETTING_NAME], from[SETTING_NAME];
		const char *value;

		if (table[i].exported) {
			add_exported(out, &table[i], env);
			continue;
		}
		setting_whole_name(&table[i], name);
		value = setting_find(&table[i], env, from);
		add_line(out, name, &table[i], value, strcmp(from, name) == 0 ? "set" : from);
	}
}

/* Of the destinations of LULL_CONFIG: that it is theirs says where the values came from. */
static void add_headers(struct bytes *out, const struct config_destination *d)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		for (char **h = d->export[s].headers; d->export[s].endpoint && h && *h; h++)
			bytes_addf(out, "%s: %s with header %.*s=...\n", d->name,
				   otlp_signal_name((enum otlp_signal)s), (int)strcspn(*h, ":"),
				   *h);
}

static void add_destination(struct bytes *out, const struct config_destination *d)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		if (!d->export[s].endpoint)
			continue;
		bytes_addf(out, "%s%s%s go to ", d->name ? d->name : "", d->name ? ": " : "",
			   otlp_signal_name((enum otlp_signal)s));
		where_add_url(out, d->export[s].endpoint);
		bytes_addf(out, "\n");
	}
}

static void add_destinations(struct bytes *out, const struct config *config)
{
	bytes_addf(out, "\n");
	for (unsigned i = 0; i < config->destination_count; i++) {
		add_destination(out, &config->destinations[i]);
		if (config->destinations[i].name)
			add_headers(out, &config->destinations[i]);
	}
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		if (!config_takes(config, (enum otlp_signal)s))
			bytes_addf(out, "%s %s\n", otlp_signal_name((enum otlp_signal)s),
				   config->off[s] ? "are not exported: the settings say so"
						  : "go to nowhere");
}

/* ---- What would be wrong ---- */

/* A file that is there and can be read; each is said once. */
static unsigned add_file(struct bytes *out, const char *file)
{
	struct bytes line = {0};
	unsigned wrong = 0;

	if (!file || access(file, R_OK) == 0)
		return 0;
	bytes_addf(&line, "wrong: the certificates %s cannot be read: %s\n", file, strerror(errno));
	if (!slice_find(bytes_slice(out), bytes_slice(&line))) {
		bytes_add(out, bytes_slice(&line));
		wrong = 1;
	}
	bytes_free(&line);
	return wrong;
}

static unsigned add_certificates(struct bytes *out, const struct config *config)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < config->destination_count * OTLP_SIGNALS; i++) {
		const struct config_destination *d = &config->destinations[i / OTLP_SIGNALS];
		const struct export_settings *export = &d->export[i % OTLP_SIGNALS];

		wrong += add_file(out, export->certificate);
		wrong += add_file(out, export->client_certificate);
		wrong += add_file(out, export->client_key);
		if (!d->name && export->client_key && !export->client_certificate) {
			bytes_addf(out, "wrong: LULL_CLIENT_KEY is of no use without "
					"LULL_CLIENT_CERTIFICATE\n");
			return wrong + 1;
		}
	}
	return wrong;
}

/* A key for one backend that goes to another. */
static unsigned add_foreign_headers(struct bytes *out, const struct config *config,
				    const char *const *env)
{
	static const struct setting endpoint = {.name = "ENDPOINT", .exported = true};
	static const struct setting headers = {.name = "HEADERS", .exported = true};

	for (unsigned s = 0; !config->destinations[0].name && s < OTLP_SIGNALS; s++) {
		char to[SETTING_NAME], from[SETTING_NAME];
		bool whole;

		if (!setting_find_exported(&endpoint, (enum otlp_signal)s, env, to, &whole) ||
		    !setting_find_exported(&headers, (enum otlp_signal)s, env, from, &whole) ||
		    strncmp(to, "LULL_", 5) != 0 || strncmp(from, "LULL_", 5) == 0)
			continue;
		bytes_addf(out,
			   "wrong: %s goes to the backend of %s: are they of one? Set LULL_HEADERS "
			   "too\n",
			   from, to);
		return 1;
	}
	return 0;
}

static unsigned add_nowhere(struct bytes *out, const struct config *config)
{
	if (config_exports(config) || config_is_off(config))
		return 0;
	bytes_addf(out, "wrong: no backend is set: set LULL_ENDPOINT to its OTLP/HTTP URL\n");
	return 1;
}

unsigned check_config(const struct config *config, const char *const *environment,
		      struct bytes *out)
{
	unsigned wrong = config->problem_count;

	add_settings(out, environment);
	add_destinations(out, config);
	bytes_addf(out, "\n");
	for (unsigned i = 0; i < config->problem_count; i++)
		bytes_addf(out, "wrong: %s\n", config->problems[i]);
	wrong += add_nowhere(out, config);
	wrong += add_certificates(out, config);
	wrong += add_foreign_headers(out, config, environment);
	if (wrong == 0)
		bytes_addf(out, "nothing is wrong\n");
	else
		bytes_addf(out, "%u thing%s wrong\n", wrong, wrong == 1 ? " is" : "s are");
	return wrong;
}
