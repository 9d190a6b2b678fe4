/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_value.h"

#include <ctype.h>
#include <string.h>

#include "domain/severity.h"
#include "domain/timestamp.h"
#include "wire/json_escape.h"
#include "wire/json_scan.h"

bool log_value_starts(struct slice json, char c)
{
	return json.len > 0 && json.data[0] == (uint8_t)c;
}

struct slice log_value_quoted(struct slice json)
{
	return log_value_starts(json, '"') ? slice_of(json.data + 1, json.len - 2)
					   : (struct slice){0};
}

struct slice log_value_plain(struct slice json)
{
	struct slice s = log_value_quoted(json);

	return s.len > 0 && memchr(s.data, '\\', s.len) ? (struct slice){0} : s;
}

static bool is_number(struct slice json)
{
	return json.len > 0 && isdigit(json.data[0]);
}

bool log_value_is_text(struct slice json)
{
	struct slice element;
	size_t count = 0;

	if (log_value_starts(json, '"'))
		return json.len > 2;
	for (; json_scan_array(&json, &element); count++)
		if (!log_value_starts(element, '"'))
			return false;
	return count > 0;
}

/* log4j2's: seconds and nanoseconds in an object. */
static bool take_instant(struct slice json, uint64_t *time)
{
	struct slice fraction = json_scan_member(json, "nanoOfSecond");
	uint64_t nanos = 0;

	if (!timestamp_number(json_scan_member(json, "epochSecond"), time) || fraction.len > 9)
		return false;
	for (size_t i = 0; i < fraction.len; i++) {
		if (!isdigit(fraction.data[i]))
			return false;
		nanos = nanos * 10 + (uint64_t)(fraction.data[i] - '0');
	}
	*time += nanos;
	return true;
}

bool log_value_time(struct slice json, uint64_t *unix_nano)
{
	uint64_t nanos;

	if (!log_value_starts(json, '{'))
		return is_number(json) ? timestamp_number(json, unix_nano)
				       : timestamp_parse(log_value_plain(json), unix_nano);
	if (!take_instant(json, &nanos))
		return false;
	*unix_nano = nanos;
	return true;
}

bool log_value_level(struct slice json, struct log_line *line)
{
	struct slice text = is_number(json) ? json : log_value_plain(json);
	Otlp__SeverityNumber severity = is_number(json) ? severity_number(json)
							: severity_parse(text);

	/* A word that nobody knows is a level all the same, a number is not. */
	if (!text.data || (is_number(json) && !severity))
		return false;
	line->level = text;
	line->severity = severity;
	return true;
}

void log_value_put_text(struct slice json, struct bytes *out)
{
	struct slice line;

	if (log_value_starts(json, '"'))
		json_unescape(log_value_quoted(json), out);
	while (json_scan_array(&json, &line)) {
		if (out->len > 0)
			bytes_addc(out, '\n');
		json_unescape(log_value_quoted(line), out);
	}
}
