/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_lists.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool config_list_next(const char **list, struct slice *member)
{
	size_t len;

	if (!*list)
		return false;
	len = strcspn(*list, ",");
	*member = slice_of(*list, len);
	*list = (*list)[len] ? *list + len + 1 : NULL;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool config_percent_decode(char *text, size_t *len)
{
	size_t out = 0;

	for (size_t in = 0; in < *len; in++) {
		if (text[in] == '%') {
			int high = in + 2 < *len ? hex_digit(text[in + 1]) : -1;
			int low = in + 2 < *len ? hex_digit(text[in + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			text[out++] = (char)(high << 4 | low);
			in += 2;
		} else {
			text[out++] = text[in];
		}
	}
	*len = out;
	return true;
}

static bool one_pair(struct slice member, void (*each)(void *, struct slice, struct slice),
		     void *ctx)
{
	const uint8_t *equals = memchr(member.data, '=', member.len);
	struct slice key, value;
	size_t len;

	if (!equals)
		return false;
	len = (size_t)(equals - member.data);
	key = slice_trim(slice_of(member.data, len));
	value = slice_trim(slice_of(equals + 1, member.len - len - 1));
	if (key.len == 0 || !config_percent_decode((char *)(uintptr_t)value.data, &value.len))
		return false;
	each(ctx, key, value);
	return true;
}

bool config_pairs(const char *list, void (*each)(void *ctx, struct slice key, struct slice value),
		  void *ctx)
{
	char *copy = strdup(list);
	const char *rest = copy;
	struct slice member;
	bool ok = copy != NULL;

	while (ok && config_list_next(&rest, &member))
		if (slice_trim(member).len > 0)
			ok = one_pair(member, each, ctx);
	free(copy);
	return ok;
}

/* ---- Headers ---- */

struct header_list {
	char **lines;
	size_t count;
	bool bad;
};

static void header_add(void *ctx, struct slice key, struct slice value)
{
	struct header_list *list = ctx;
	char **lines = realloc(list->lines, (list->count + 2) * sizeof *lines);
	char *line;

	if (!lines) {
		list->bad = true;
		return;
	}
	list->lines = lines;
	/* Names are tokens; a line break in a value would be a header of its own. */
	for (size_t i = 0; i < key.len; i++)
		list->bad |= key.data[i] <= ' ' || key.data[i] >= 0x7f || key.data[i] == ':';
	for (size_t i = 0; i < value.len; i++)
		list->bad |= value.data[i] < ' ' && value.data[i] != '\t';
	if (asprintf(&line, "%.*s: %.*s", (int)key.len, (const char *)key.data, (int)value.len,
		     (const char *)value.data) < 0)
		line = NULL;
	/* Rather none than all but one: that one may be the key. */
	list->bad |= !line;
	lines[list->count] = line;
	if (line)
		list->count++;
	lines[list->count] = NULL;
}

void config_headers_free(char **headers)
{
	for (char **h = headers; h && *h; h++)
		free(*h);
	free(headers);
}

bool config_parse_headers(const char *text, char ***value)
{
	struct header_list list = {0};

	if (!config_pairs(text, header_add, &list) || list.bad) {
		config_headers_free(list.lines);
		return false;
	}
	config_headers_free(*value);
	*value = list.lines;
	return true;
}
