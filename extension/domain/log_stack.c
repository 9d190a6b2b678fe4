/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_stack.h"

#include <ctype.h>

/* The next line, moved past. Where a runtime sends a trace as one line of its own it writes \r. */
static bool next_line(struct slice *text, struct slice *line)
{
	size_t len = 0;

	if (text->len == 0)
		return false;
	while (len < text->len && text->data[len] != '\n' && text->data[len] != '\r')
		len++;
	*line = slice_of(text->data, len);
	if (len + 1 < text->len && text->data[len] == '\r' && text->data[len + 1] == '\n')
		len++;
	if (len < text->len)
		len++;
	*text = slice_of(text->data + len, text->len - len);
	return true;
}

static bool is_set_in(struct slice line)
{
	return line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
}

/* "\tat java...", "   at System...", "    at file:///..." */
static bool is_frame(struct slice line)
{
	return is_set_in(line) && slice_starts(slice_trim(line), "at ");
}

/* "/var/task/function.rb:7:in `take'", with another first quotation mark since Ruby 3.4. */
static bool is_ruby_frame(struct slice line)
{
	for (size_t i = 2; i + 4 < line.len; i++)
		if (line.data[i] == ':' && isdigit(line.data[i - 1]) &&
		    (slice_starts(slice_of(line.data + i, line.len - i), ":in `") ||
		     slice_starts(slice_of(line.data + i, line.len - i), ":in '")))
			return true;
	return false;
}

static bool is_type(uint8_t c)
{
	return isalnum(c) || c == '.' || c == '_' || c == '$' || c == ':';
}

/* How long the type is that the line starts with: no space is in it, a letter its first; behind it
 * are the end, or a colon and a space. 0 where there is none. */
static size_t type_length(struct slice line)
{
	size_t i = 0;

	while (i < line.len && is_type(line.data[i]) &&
	       !(line.data[i] == ':' && i + 1 < line.len && line.data[i + 1] == ' '))
		i++;
	if (i == 0 || !isalpha(line.data[0]) || line.data[i - 1] == ':')
		return 0;
	return i == line.len || line.data[i] == ':' ? i : 0;
}

static bool split(struct slice line, struct slice *type, struct slice *message)
{
	size_t len = type_length(line);

	if (len == 0)
		return false;
	*type = slice_of(line.data, len);
	*message = len < line.len ? slice_of(line.data + len + 2, line.len - len - 2)
				  : (struct slice){0};
	return true;
}

/* Ruby's "no order 7 (ArgumentError)". */
static bool split_behind(struct slice line, struct slice *type, struct slice *message)
{
	size_t end = line.len, i;

	if (end == 0 || line.data[--end] != ')')
		return false;
	for (i = end; i > 0 && is_type(line.data[i - 1]);)
		i--;
	if (i < 2 || i == end || line.data[i - 1] != '(' || line.data[i - 2] != ' ' ||
	    !isupper(line.data[i]))
		return false;
	*type = slice_of(line.data + i, end - i);
	*message = slice_of(line.data, i - 2);
	return true;
}

bool log_stack_line(struct slice line, struct slice *type, struct slice *message)
{
	return type_length(line) < line.len && split(line, type, message);
}

/* Behind the line that begins a traceback. Of a chain the last one is what was thrown. */
static struct slice behind_frames(struct slice text)
{
	struct slice found = {0}, line;
	bool frame = false;

	while (next_line(&text, &line)) {
		if (line.len > 0 && !is_set_in(line) && frame)
			found = line;
		frame = is_set_in(line);
	}
	return found;
}

bool log_stack_error(struct slice text, struct slice *type, struct slice *message)
{
	struct slice above = {0}, line;

	for (; next_line(&text, &line); above = line) {
		if (is_frame(line))
			return split(above, type, message);
		if (above.len > 0 && is_ruby_frame(line))
			return split_behind(above, type, message);
		if (slice_is(line, "Traceback (most recent call last):"))
			return split(behind_frames(text), type, message) ||
			       split(above, type, message);
	}
	return false;
}
