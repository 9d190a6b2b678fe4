/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_logfmt.h"

#include <ctype.h>

#include "domain/log_fields.h"
#include "wire/json_valid.h"

static struct slice cut(struct slice *line, size_t len)
{
	struct slice piece = slice_of(line->data, len);

	*line = slice_of(line->data + len, line->len - len);
	return piece;
}

static bool take_key(struct slice *line, struct slice *key)
{
	size_t i = 0;

	while (i < line->len && line->data[i] != '=' && line->data[i] != '"' &&
	       line->data[i] != '\\' && isgraph(line->data[i]))
		i++;
	*key = cut(line, i);
	if (i == 0 || line->len == 0 || line->data[0] != '=')
		return false;
	cut(line, 1);
	return true;
}

static bool take_value(struct slice *line, struct slice *value)
{
	bool quoted = line->len > 0 && line->data[0] == '"';
	size_t len = 0;

	if (quoted)
		len = (size_t)(json_string_end(line->data, line->data + line->len) - line->data);
	while (!quoted && len < line->len && line->data[len] != ' ' && line->data[len] != '"')
		len++;
	*value = cut(line, len);
	if (quoted && (len < 2 || value->data[len - 1] != '"'))
		return false;
	return line->len == 0 || line->data[0] == ' ';
}

/* As it is where JSON would have it so: numbers, booleans, and what is quoted without an escape of
 * Go's own. */
static void put_value(struct slice value, struct bytes *json)
{
	uint8_t first = value.len > 0 ? value.data[0] : 0;

	if ((first == '"' || first == '-' || isdigit(first) || slice_is(value, "true") ||
	     slice_is(value, "false")) &&
	    json_valid(value)) {
		bytes_add(json, value);
		return;
	}
	/* Go knows escapes that JSON does not: those stay as they are. */
	if (first == '"')
		value = slice_of(value.data + 1, value.len - 2);
	bytes_addc(json, '"');
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == '"' || value.data[i] == '\\')
			bytes_addc(json, '\\');
		bytes_addc(json, value.data[i]);
	}
	bytes_addc(json, '"');
}

static void put_member(struct slice key, struct slice value, struct bytes *json)
{
	bytes_addc(json, '"');
	bytes_add(json, key);
	bytes_append(json, "\":", 2);
	put_value(value, json);
	bytes_addc(json, ',');
}

/* The members, each with a comma behind it. Most lines are none, and show it by their first
 * word. */
static bool put_members(struct slice line, struct bytes *json)
{
	bool found[LOG_FIELDS] = {0};
	struct slice key, value;

	while (line.len > 0) {
		const struct log_name *row;

		if (!take_key(&line, &key) || !take_value(&line, &value))
			return false;
		row = log_fields_find((struct slice){0}, key);
		if (row)
			found[row->field] = true;
		put_member(key, value, json);
		while (line.len > 0 && line.data[0] == ' ')
			cut(&line, 1);
	}
	return found[FIELD_LEVEL] && found[FIELD_MESSAGE];
}

bool log_logfmt_json(struct slice line, struct bytes *json)
{
	size_t start = json->len;

	bytes_addc(json, '{');
	if (put_members(line, json) && !json->failed) {
		json->data[json->len - 1] = '}';
		if (json_valid(slice_of(json->data + start, json->len - start)))
			return true;
	}
	json->len = start;
	return false;
}
