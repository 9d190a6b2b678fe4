/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/twins.h"

#include <string.h>

#include "domain/log_record.h"
#include "wire/otlp.h"
#include "wire/otlp_value.h"

static struct slice first(struct slice text, size_t most)
{
	return slice_of(text.data, text.len < most ? text.len : most);
}

/* Looks for a twin among those of the other kind, and takes it out: two of a text are two pairs. */
static bool pair(struct twin_ring *others, enum twin_kind kind, struct slice text)
{
	for (size_t i = 0; i < TWINS_KEPT; i++) {
		struct slice other = slice_of(others->last[i].text, others->last[i].len);
		bool found = kind == TWIN_PRINTED ? slice_find(text, other) != NULL
						  : slice_find(other, text) != NULL;

		if (other.len == 0 || !found)
			continue;
		others->last[i].len = 0;
		return true;
	}
	return false;
}

static void keep(struct twin_ring *ring, struct slice text)
{
	struct twin *twin = &ring->last[ring->count % TWINS_KEPT];

	memcpy(twin->text, text.data, text.len);
	twin->len = text.len;
}

static bool over(const struct twins *t, enum twin_kind kind)
{
	return t->pairs == TWINS_ENOUGH || t->rings[kind].count == TWINS_LOOKED;
}

/* `text` is not empty. */
static bool look(struct twins *t, enum twin_kind kind, struct slice text)
{
	struct twin_ring *own = &t->rings[kind];
	struct twin_ring *others = &t->rings[kind == TWIN_PRINTED ? TWIN_SDK : TWIN_PRINTED];

	if (over(t, kind))
		return false;
	if (pair(others, kind, text))
		t->pairs++;
	else
		keep(own, text);
	own->count++;
	return t->pairs == TWINS_ENOUGH;
}

bool twins_printed(struct twins *t, struct slice line)
{
	return line.len > 0 && look(t, TWIN_PRINTED, first(line, TWINS_LINE));
}

/* The body of a record up to where JSON may write it in other ways: a line is told in JSON. */
static struct slice body_of(struct slice record)
{
	struct slice body = pb_find(pb_find(record, RECORD_BODY), OTLP_ANY_STRING);
	size_t len = 0;

	body = first(body, TWINS_BODY);
	while (len < body.len && body.data[len] >= ' ' && body.data[len] < 0x7f &&
	       body.data[len] != '"' && body.data[len] != '\\')
		len++;
	return first(body, len);
}

bool twins_sdk(struct twins *t, struct slice request)
{
	struct otlp_iter iter = otlp_items(OTLP_LOGS, request);
	struct otlp_item item;

	while (!over(t, TWIN_SDK) && otlp_next(&iter, &item)) {
		struct slice body = body_of(item.item);

		if (body.len >= TWINS_BODY_LEAST && look(t, TWIN_SDK, body))
			return true;
	}
	return false;
}
