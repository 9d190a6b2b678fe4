/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/last_lines.h"

#include <string.h>

#include "wire/json_scan.h"

/* The oldest give way, whole lines of them. */
static void make_room(struct last_lines *lines, size_t extra)
{
	size_t from = 0;

	while (lines->len - from + extra > LAST_LINES) {
		const uint8_t *end = memchr(lines->text + from, '\n', lines->len - from);

		from = end ? (size_t)(end - lines->text) + 1 : lines->len;
	}
	memmove(lines->text, lines->text + from, lines->len - from);
	lines->len -= from;
}

void last_lines_add(struct last_lines *lines, const struct telemetry_event *event)
{
	struct slice text = slice_trim(event->text);

	if (text.len == 0)
		return;
	if (text.len > LAST_LINE)
		text.len = LAST_LINE;
	/* Many at a time: not all is moved for each line. */
	if (lines->len + text.len + 1 > LAST_LINES)
		make_room(lines, LAST_LINES / 2);
	lines->last = lines->len;
	memcpy(lines->text + lines->len, text.data, text.len);
	lines->len += text.len;
	lines->text[lines->len++] = '\n';
}

void last_lines_clear(struct last_lines *lines)
{
	lines->len = lines->last = 0;
}

struct slice last_lines_all(const struct last_lines *lines)
{
	return slice_of(lines->text, lines->len);
}

struct slice last_lines_last(const struct last_lines *lines)
{
	if (lines->len == 0)
		return (struct slice){0};
	return slice_of(lines->text + lines->last, lines->len - lines->last - 1);
}

void last_lines_read(const struct last_lines *lines, struct bytes *out)
{
	struct slice raw = last_lines_last(lines);
	json_t *record = json_scan_parse(raw);
	json_t *message = json_is_object(record) ? json_object_get(record, "message") : record;

	/* One that was cut is no JSON any more. */
	if (json_is_string(message))
		raw = slice_of(json_string_value(message), json_string_length(message));
	else if (raw.len > 0 && raw.data[0] == '"')
		raw = slice_of(raw.data + 1, raw.len - 1);
	bytes_add(out, slice_trim(raw));
	json_decref(record);
}
