/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_stack.h"

#include <ctype.h>

/* Up to the line's end, which in JSON is the escape \n. */
static struct slice first_line(struct slice s)
{
	const uint8_t *end = slice_find(s, slice_str("\\n"));

	return end ? slice_of(s.data, (size_t)(end - s.data)) : s;
}

/* The line behind the last frame: frames are set in. */
static struct slice behind_frames(struct slice s)
{
	struct slice found = {0};
	bool frame = false;

	while (s.len > 0) {
		struct slice line = first_line(s);
		size_t skip = line.len + 2 > s.len ? s.len : line.len + 2;

		if (line.len > 0 && line.data[0] != ' ' && frame)
			found = line;
		frame = line.len > 0 && line.data[0] == ' ';
		s = slice_of(s.data + skip, s.len - skip);
	}
	return found;
}

static bool is_type(uint8_t c)
{
	return isalnum(c) || c == '.' || c == '_' || c == '$' || c == ':';
}

/* What is thrown without a message has its frames behind it: "\tat ", "   at ". */
static bool frame_follows(struct slice rest)
{
	struct slice line;

	if (!slice_starts(rest, "\\n"))
		return false;
	line = first_line(slice_of(rest.data + 2, rest.len - 2));
	if (slice_starts(line, "\\t"))
		return slice_starts(slice_of(line.data + 2, line.len - 2), "at ");
	return line.len > 0 && line.data[0] == ' ' && slice_starts(slice_trim(line), "at ");
}

bool log_stack_error(struct slice stack, struct slice *type, struct slice *message)
{
	bool traceback = slice_starts(stack, "Traceback ");
	struct slice line = traceback ? behind_frames(stack) : first_line(stack);
	size_t i = 0;

	/* A type has no space in it and starts with a letter; behind it are a colon and a space. */
	while (i < line.len && is_type(line.data[i]) &&
	       !(line.data[i] == ':' && i + 1 < line.len && line.data[i + 1] == ' '))
		i++;
	if (i == 0 || !isalpha(line.data[0]))
		return false;
	if (i < line.len && (line.data[i] != ':' || line.len < i + 2))
		return false;
	/* Go's traces start with a function. */
	if (i == line.len && !traceback && !frame_follows(slice_of(line.data + i, stack.len - i)))
		return false;
	*type = slice_of(line.data, i);
	*message = i < line.len ? slice_of(line.data + i + 2, line.len - i - 2) : (struct slice){0};
	return true;
}
