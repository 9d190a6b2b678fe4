/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_file.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/config_destination.h"
#include "domain/config_env.h"
#include "domain/config_json.h"
#include "domain/config_problem.h"
#include "domain/config_source.h"
#include "domain/config_table.h"

#define NAME_LONGEST 32
struct reader {
	struct config *config;
	const char *const *environment;
	struct config_destination made[CONFIG_DESTINATIONS];
	unsigned count;
};

static const char *const of_destination[] = {"name", "signals", "traces", "logs", "metrics", NULL};
static const char *const of_signal[] = {NULL};
static const char *const of_file[] = {"destinations", "$schema", NULL};

static bool find_signal(const char *text, enum otlp_signal *signal)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		if (strcmp(text, otlp_signal_name((enum otlp_signal)s)) != 0)
			continue;
		*signal = (enum otlp_signal)s;
		return true;
	}
	return false;
}

/* ---- Destinations ---- */

static bool is_name(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789_-");

	return isalpha((unsigned char)text[0]) && text[len] == '\0' && len <= NAME_LONGEST &&
	       strcmp(text, CONFIG_NOWHERE) != 0;
}

/* The name from which this one could not be told: one before it, or what is nobody's. On disk there
 * is only a number for each. NULL: none. */
static const char *find_alike(const struct reader *r, const char *name)
{
	uint32_t key = config_destination_key(name);

	for (unsigned i = 0; i < r->count; i++)
		if (config_destination_key(r->made[i].name) == key)
			return r->made[i].name;
	return config_destination_key(CONFIG_NOWHERE) == key ? CONFIG_NOWHERE : NULL;
}

/* `alike` is NULL where it is none at all. */
static void refuse_name(struct reader *r, const char *name, const char *alike, size_t place)
{
	if (!alike)
		config_problem(
			r->config,
			"LULL_CONFIG: destination %zu has no name that can be used: it is "
			"called _%zu; write a letter, then letters, digits, _ or -, at most %d",
			place, place, NAME_LONGEST);
	else if (strcmp(name, alike) == 0)
		config_problem(r->config,
			       "LULL_CONFIG: two destinations have the name %s: the second is "
			       "called _%zu until it has one of its own",
			       name, place);
	else
		config_problem(r->config,
			       "LULL_CONFIG: destination %s has by chance the number of %s, by "
			       "which data on disk is told: it is called _%zu until it has "
			       "another name",
			       name, alike, place);
}

/* Its own, or its place among the others, which no name of a file's own looks like. */
static char *read_name(struct reader *r, json_t *object, size_t place)
{
	const char *name = json_string_value(json_object_get(object, "name")), *alike = NULL;
	bool usable = name && is_name(name);
	char *made = NULL;

	if (usable)
		alike = find_alike(r, name);
	if (usable && !alike)
		return strdup(name);
	if (asprintf(&made, "_%zu", place) < 0)
		return NULL;
	refuse_name(r, name, alike, place);
	return made;
}

/* Those that the list names, or all. */
static void read_list(const struct config_place *p, json_t *list, bool wanted[static OTLP_SIGNALS])
{
	char at[CONFIG_PLACE];
	enum otlp_signal signal;
	bool some = false;
	size_t i;
	json_t *value;

	json_array_foreach(list, i, value) {
		const char *text = json_string_value(value);

		if (text && find_signal(text, &signal)) {
			wanted[signal] = some = true;
			continue;
		}
		config_problem(p->config,
			       "LULL_CONFIG: %ssignals: %.*s is none: write traces, logs, metrics",
			       config_where(p, at), CONFIG_SHOWN, text ? text : "what is no text");
	}
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		wanted[s] |= !some;
	if (list && !some)
		config_problem(p->config,
			       "LULL_CONFIG: %ssignals cannot be used: write a list such as "
			       "[\"traces\", \"logs\"]; all go there",
			       config_where(p, at));
}

/* Only what is wanted goes there. Returns whether anything does. */
static bool read_signals(const struct config_place *p, json_t *list)
{
	bool wanted[OTLP_SIGNALS] = {false}, some = false;
	char at[CONFIG_PLACE];

	read_list(p, list, wanted);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		if (!wanted[s])
			config_destination_leave_out(p->destination, (enum otlp_signal)s);
		else if (list && !p->destination->export[s].endpoint)
			config_problem(p->config,
				       "LULL_CONFIG: %s%s has no endpoint: set \"endpoint\"",
				       config_where(p, at), otlp_signal_name((enum otlp_signal)s));
		some |= p->destination->export[s].endpoint != NULL;
	}
	return some;
}

static void read_destination(struct reader *r, json_t *object, size_t number)
{
	struct config_destination *d = &r->made[r->count];
	struct config_place p = {r->config, r->environment, d, NULL};

	if (!json_is_object(object)) {
		config_problem(r->config, "LULL_CONFIG: destination %zu is left out: write {...}",
			       number);
		return;
	}
	d->name = read_name(r, object, number);
	if (!d->name)
		return;
	config_destination_init(d);
	config_read_keys(&p, object, of_destination);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		json_t *own;

		p.signal = otlp_signal_name((enum otlp_signal)s);
		own = json_object_get(object, p.signal);
		if (json_is_object(own))
			config_read_keys(&p, own, of_signal);
		else if (own)
			config_problem(r->config,
				       "LULL_CONFIG: destination %s: %s is ignored: write {...}",
				       d->name, p.signal);
	}
	p.signal = NULL;
	if (read_signals(&p, json_object_get(object, "signals"))) {
		r->count++;
		return;
	}
	config_problem(r->config, "LULL_CONFIG: destination %s is left out: set its \"endpoint\"",
		       d->name);
	config_destination_free(d);
}

/* ---- The file ---- */

/* Only the place: what jansson quotes may be a secret. */
static json_t *parse(struct config *config, struct slice text)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES,
				  &error);

	if (!root)
		config_problem(
			config,
			"LULL_CONFIG cannot be read: line %d, column %d: %s; the destination of "
			"the other settings holds",
			error.line, error.column,
			json_error_code(&error) == json_error_duplicate_key
				? "a key stands there twice"
				: "no JSON (a comma, quote or bracket before it is missing, or "
				  "one too many)");
	return root;
}

static void read_root(struct reader *r, json_t *root)
{
	json_t *list = json_object_get(root, "destinations"), *value;
	const struct config_place place = {.config = r->config};
	size_t i;

	config_read_keys(&place, root, of_file);
	json_array_foreach(list, i, value) {
		if (r->count < CONFIG_DESTINATIONS)
			read_destination(r, value, i + 1);
		else
			config_problem(r->config,
				       "LULL_CONFIG has more than %d destinations: the others are "
				       "left out",
				       CONFIG_DESTINATIONS);
	}
}

/* What the environment says of a destination has no place any more. */
static void name_ignored(struct config *config, const char *const *environment)
{
	char name[SETTING_NAME];
	size_t count;
	const struct setting *table = config_table(&count);

	for (size_t i = 0; i < count; i++)
		for (unsigned k = 0; table[i].exported && setting_name(&table[i], k, name); k++)
			if (config_env(environment, name))
				config_problem(config,
					       "%s is ignored: the destinations are those of "
					       "LULL_CONFIG",
					       name);
}

static void take_over(struct reader *r)
{
	struct config *config = r->config;

	for (unsigned i = 0; i < config->destination_count; i++)
		config_destination_free(&config->destinations[i]);
	memcpy(config->destinations, r->made, sizeof r->made);
	config->destination_count = r->count;
	name_ignored(config, r->environment);
}

void config_file_read(struct config *config, const char *const *environment)
{
	struct reader r = {.config = config, .environment = environment};
	struct bytes text = {0};
	const char *why = config_source(config->file, &text);
	json_t *root = NULL;

	if (why)
		config_problem(config,
			       "LULL_CONFIG=%.*s cannot be read: %s; the destination of the other "
			       "settings holds",
			       CONFIG_SHOWN,
			       config_is_inline(config->file) ? "{...}" : config->file, why);
	else
		root = parse(config, bytes_slice(&text));
	if (root)
		read_root(&r, root);
	if (r.count > 0)
		take_over(&r);
	else if (root)
		config_problem(
			config,
			"LULL_CONFIG has no destination that can be used: write "
			"{\"destinations\": [{\"name\": ..., \"endpoint\": ...}]}; the one of "
			"the other settings holds");
	json_decref(root);
	bytes_free(&text);
}
