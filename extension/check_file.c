/* SPDX-License-Identifier: Apache-2.0 */
#include "check_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_show.h"
#include "domain/config_json.h"
#include "domain/config_source.h"

struct shower {
	struct bytes *out;
	const struct config *config;
	const char *const *environment;
	const struct config_destination *destination;
	json_t *object; /* what it was made of */
};

/* The object that became that destination: by its name, or by its place where it was given that for
 * a name. */
static json_t *find_object(json_t *list, const char *name)
{
	char placed[32];
	json_t *object;
	size_t i;

	json_array_foreach(list, i, object) {
		const char *own = json_string_value(json_object_get(object, "name"));

		snprintf(placed, sizeof placed, "_%zu", i + 1);
		if (strcmp(placed, name) == 0 || (own && strcmp(own, name) == 0))
			return object;
	}
	return NULL;
}

/* As it would stand in a variable; an object of headers with their names alone. */
static void add_text(struct bytes *out, json_t *value)
{
	const char *name;
	json_t *member;
	char *text;

	if (json_is_string(value)) {
		bytes_addf(out, "%s", json_string_value(value));
		return;
	}
	json_object_foreach(value, name, member)
		bytes_addf(out, "%s%s=-", out->len ? "," : "", name);
	if (json_is_object(value))
		return;
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	bytes_addf(out, "%s", text ? text : "");
	free(text);
}

/* The text with its variables; of headers only whether they are there. NULL where one is not
 * set. */
static const char *expand(const struct shower *shower, json_t *value, struct bytes *text,
			  const char *written)
{
	const char *name;
	json_t *member;
	size_t len;

	json_object_foreach(value, name, member) {
		struct bytes one = {0};
		bool missing = !json_is_string(member) ||
			       config_expand(json_string_value(member), shower->environment, &one,
					     &len);

		bytes_free(&one);
		if (missing)
			return NULL;
	}
	if (!json_is_string(value))
		return written;
	return config_expand(written, shower->environment, text, &len) ? NULL : bytes_cstr(text);
}

/* False, and nothing told, where it cannot be used and `other`, which may be NULL, holds then. */
static bool tell_value(const struct shower *shower, struct check_value *value, json_t *found,
		       json_t *other, struct check_told *told)
{
	struct bytes written = {0}, meant = {0};
	bool tell;

	if (found) {
		add_text(&written, found);
		value->value = bytes_cstr(&written);
	}
	if (value->value)
		value->meant = expand(shower, found, &meant, value->value);
	tell = !other || check_holds(value);
	if (tell)
		check_tell(value, told);
	bytes_free(&written);
	bytes_free(&meant);
	return tell;
}

static void show_setting(const struct shower *shower, const struct setting *row)
{
	char key[SETTING_NAME], own[OTLP_SIGNALS][CHECK_NAME];
	struct check_told told[OTLP_SIGNALS];
	json_t *common;

	config_key(row, key);
	common = json_object_get(shower->object, key);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		const char *signal = otlp_signal_name((enum otlp_signal)s);
		json_t *of_it = json_object_get(json_object_get(shower->object, signal), key);
		struct check_value v = {.setting = row,
					.config = shower->config,
					.environment = shower->environment,
					.export = &shower->destination->export[s],
					.from = "LULL_CONFIG, of this signal"};

		snprintf(own[s], CHECK_NAME, "%s.%s", signal, key);
		if (of_it && tell_value(shower, &v, of_it, common, &told[s]))
			continue;
		v.value = v.meant = NULL;
		v.from = "LULL_CONFIG";
		tell_value(shower, &v, common, NULL, &told[s]);
	}
	check_rows(shower->out, key, own, told);
}

static void show_destination(const struct shower *shower)
{
	size_t count;
	const struct setting *table = config_table(&count);

	for (size_t i = 0; i < count; i++)
		if (table[i].exported)
			show_setting(shower, &table[i]);
}

void check_file_show(struct bytes *out, const struct config *config, const char *const *environment)
{
	struct shower shower = {.out = out, .config = config, .environment = environment};
	struct bytes text = {0};
	json_t *root = NULL;

	if (config->destinations[0].name && !config_source(config->file, &text))
		root = json_loadb((const char *)text.data, text.len, 0, NULL);
	for (unsigned i = 0; root && i < config->destination_count; i++) {
		const char *name = config->destinations[i].name;

		shower.destination = &config->destinations[i];
		bytes_addf(out, "\ndestination %s\n", name);
		shower.object = find_object(json_object_get(root, "destinations"), name);
		show_destination(&shower);
	}
	json_decref(root);
	bytes_free(&text);
}
