/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_json.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "domain/config_names.h"
#include "domain/config_problem.h"
#include "domain/config_source.h"

const char *config_where(const struct config_place *p, char text[static CONFIG_PLACE])
{
	if (p->destination)
		snprintf(text, CONFIG_PLACE, "destination %s: %s%s", p->destination->name,
			 p->signal ? p->signal : "", p->signal ? "." : "");
	else
		text[0] = '\0';
	return text;
}

/* ---- Keys ---- */

bool config_key(const struct setting *row, char key[static SETTING_NAME])
{
	size_t i;

	for (i = 0; row->name[i]; i++)
		key[i] = (char)tolower((unsigned char)row->name[i]);
	key[i] = '\0';
	return row->exported;
}

static const struct setting *find_row(const char *name)
{
	char key[SETTING_NAME];
	size_t count;
	const struct setting *table = config_table(&count);

	for (size_t i = 0; i < count; i++)
		if (config_key(&table[i], key) && strcmp(name, key) == 0)
			return &table[i];
	return NULL;
}

struct nearest {
	struct slice name;
	unsigned distance;
	char key[SETTING_NAME];
};

static void compare(struct nearest *nearest, const char *key)
{
	unsigned distance = config_distance(nearest->name, slice_str(key));

	if (distance >= nearest->distance)
		return;
	nearest->distance = distance;
	snprintf(nearest->key, sizeof nearest->key, "%s", key);
}

/* `keys`: those that are no settings. */
static void refuse_key(const struct config_place *p, const char *name, const char *const *keys)
{
	char at[CONFIG_PLACE];
	struct nearest nearest = {.name = slice_str(name), .distance = UINT_MAX};
	char key[SETTING_NAME];
	size_t count;
	const struct setting *table = config_table(&count);

	for (size_t i = 0; p->destination && i < count; i++)
		if (config_key(&table[i], key))
			compare(&nearest, key);
	for (; *keys; keys++)
		compare(&nearest, *keys);
	config_problem(p->config, "LULL_CONFIG: %s\"%.*s\" is no setting: is \"%s\" meant?",
		       config_where(p, at), CONFIG_SHOWN, name, nearest.key);
}

static bool is_one_of(const char *name, const char *const *keys)
{
	while (*keys && strcmp(name, *keys) != 0)
		keys++;
	return *keys != NULL;
}

/* ---- Values ---- */

/* False, and said, where a variable is not set. */
static bool expand(const struct config_place *p, const char *key, const char *text,
		   struct bytes *out)
{
	char at[CONFIG_PLACE];
	size_t len;
	const char *missing = config_expand(text, p->environment, out, &len);

	if (missing)
		config_problem(p->config,
			       "LULL_CONFIG: %s%s is ignored: the variable %.*s is not set",
			       config_where(p, at), key,
			       (int)(len < CONFIG_SHOWN ? len : CONFIG_SHOWN), missing);
	return !missing;
}

/* One header as HEADERS wants it: all that has a meaning there as %XX. */
static bool add_header(struct bytes *list, const char *name, struct slice value)
{
	if (strpbrk(name, "=,"))
		return false;
	bytes_addf(list, "%s%s=", list->len ? "," : "", name);
	for (size_t i = 0; i < value.len; i++) {
		if (isalnum(value.data[i]))
			bytes_addc(list, value.data[i]);
		else
			bytes_addf(list, "%%%02x", value.data[i]);
	}
	return true;
}

/* An object of headers as a list of them. False where it is none, or, `*said`, a variable is
 * missing. */
static bool list_headers(const struct config_place *p, json_t *object, struct bytes *list,
			 bool *said)
{
	const char *name;
	json_t *value;
	bool ok = true;

	json_object_foreach(object, name, value) {
		struct bytes text = {0};

		if (!json_is_string(value))
			return false;
		*said = !expand(p, "headers", json_string_value(value), &text);
		ok = !*said && !text.failed && add_header(list, name, bytes_slice(&text));
		bytes_free(&text);
		if (!ok)
			return false;
	}
	return true;
}

/* The value as the environment would have it. False where no text stands for it, or, `*said`, a
 * variable is missing. */
static bool as_text(const struct config_place *p, const struct setting *row, json_t *value,
		    struct bytes *text, bool *said)
{
	char key[SETTING_NAME];

	*said = false;
	config_key(row, key);
	if (json_is_object(value) && row->type == T_HEADERS)
		return list_headers(p, value, text, said);
	if (json_is_string(value) && json_string_length(value) > 0) {
		*said = !expand(p, key, json_string_value(value), text);
		return !*said;
	}
	if (json_is_boolean(value) && row->type == T_BOOL) {
		bytes_addf(text, "%s", json_is_true(value) ? "true" : "false");
		return true;
	}
	if (json_is_integer(value) && row->type == T_DURATION) {
		bytes_addf(text, "%lld", (long long)json_integer_value(value));
		return true;
	}
	return false;
}

/* What is shown is the file's own text, with the variables' names. */
static void refuse_value(const struct config_place *p, const struct setting *row, json_t *value)
{
	const char *shown = json_is_string(value) ? json_string_value(value) : NULL;
	char at[CONFIG_PLACE], key[SETTING_NAME];

	config_key(row, key);
	if (!shown || setting_is_secret(row, shown))
		config_problem(p->config, "LULL_CONFIG: %s%s cannot be read: %s; %s%s",
			       config_where(p, at), key, setting_wanted(row->type),
			       row->def ? "the default holds: " : "it is ignored",
			       row->def ? row->def : "");
	else
		config_problem(p->config, "LULL_CONFIG: %s%s=%.*s cannot be used: %s; %s%s",
			       config_where(p, at), key, CONFIG_SHOWN, shown,
			       setting_wanted(row->type),
			       row->def ? "the default holds: " : "it is ignored",
			       row->def ? row->def : "");
}

static void read_value(const struct config_place *p, const struct setting *row, json_t *value)
{
	struct bytes text = {0};
	bool said, ok = as_text(p, row, value, &text, &said) && bytes_cstr(&text);

	for (unsigned s = 0; ok && s < OTLP_SIGNALS; s++) {
		struct setting_target to = setting_target_of(row, p->destination,
							     (enum otlp_signal)s);

		to.whole = p->signal != NULL;
		if (!p->signal || strcmp(p->signal, otlp_signal_name((enum otlp_signal)s)) == 0)
			ok = setting_parse(row->type, (const char *)text.data, &to);
	}
	if (!ok && !said)
		refuse_value(p, row, value);
	bytes_free(&text);
}

void config_read_keys(const struct config_place *p, json_t *object, const char *const *keys)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value) {
		const struct setting *row = p->destination ? find_row(name) : NULL;

		if (row)
			read_value(p, row, value);
		else if (!is_one_of(name, keys))
			refuse_key(p, name, keys);
	}
}
