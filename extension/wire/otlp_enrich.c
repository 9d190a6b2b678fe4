/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/otlp.h"

#include <string.h>

#include "wire/otlp_value.h"

/* Field numbers, of all three signals. */
#define REQUEST_RESOURCES 1
#define RESOURCES_RESOURCE 1 /* in ResourceSpans, ResourceLogs, ResourceMetrics */
#define RESOURCE_ATTRIBUTES 1

#define HEADS ((size_t)3 * 11) /* of three fields: a byte of tag, up to ten of length */

#define NAME_KEY "service.name"
#define DEFAULT_NAME "unknown_service"

struct enricher {
	const struct otlp_attribute *attributes;
	size_t count;
	const struct otlp_attribute *name; /* the service.name among them, if it is a real one */
	size_t budget;                     /* bytes that may still be added */
	struct bytes out;                  /* what the beginning of the request becomes */
};

/* What one ResourceSpans (or -Logs, -Metrics) has of all that. */
struct findings {
	bool seen[OTLP_ENRICH_ATTRIBUTES]; /* by index into enricher.attributes */
	const uint8_t *last; /* the contents of its last Resource; NULL: it has none */
	struct slice rest;   /* what is behind that */
	bool default_name, real_name;
	size_t growth; /* at most so many bytes would be added; 0: nothing to do */
};

static bool is_message(const struct pb_field *field, uint32_t number)
{
	return field->number == number && field->type == PB_LEN;
}

static bool has_default_name(struct slice key_value)
{
	struct slice value = pb_find(key_value, OTLP_KEY_VALUE);

	return slice_is(pb_find(key_value, OTLP_KEY), NAME_KEY) &&
	       slice_starts(pb_find(value, OTLP_ANY_STRING), DEFAULT_NAME);
}

static void see_attribute(const struct enricher *e, struct slice key_value, struct findings *f)
{
	struct slice key = pb_find(key_value, OTLP_KEY);
	size_t i;

	for (i = 0; i < e->count; i++) {
		if (!slice_equal(key, e->attributes[i].key))
			continue;
		f->seen[i] = true;
		if (&e->attributes[i] != e->name)
			continue;
		if (has_default_name(key_value)) {
			f->default_name = true;
			f->growth += e->name->key_value.len;
		} else {
			f->real_name = true;
		}
	}
}

/* A message field that is there more than once is merged by its readers: all of them count. */
static void look(const struct enricher *e, struct slice resources, struct findings *f)
{
	struct pb_reader outer = pb_read(resources), inner;
	struct pb_field field;
	size_t i;

	*f = (struct findings){.rest = resources};
	while (pb_next(&outer, &field)) {
		if (!is_message(&field, RESOURCES_RESOURCE))
			continue;
		f->last = field.value.data;
		f->rest = slice_of(outer.p, (size_t)(outer.end - outer.p));
		inner = pb_read(field.value);
		while (pb_next(&inner, &field))
			if (is_message(&field, RESOURCE_ATTRIBUTES))
				see_attribute(e, field.value, f);
	}
	for (i = 0; i < e->count; i++)
		if (!f->seen[i])
			f->growth += pb_len_size(RESOURCE_ATTRIBUTES,
						 e->attributes[i].key_value.len);
}

static bool replaces_name(const struct findings *f)
{
	return f->default_name && !f->real_name;
}

static void put_missing(struct enricher *e, const struct findings *f)
{
	size_t i;

	for (i = 0; i < e->count; i++)
		if (!f->seen[i])
			pb_put_len(&e->out, RESOURCE_ATTRIBUTES, e->attributes[i].key_value);
}

static void put_resource(struct enricher *e, struct slice resource, const struct findings *f)
{
	size_t mark = pb_begin(&e->out, RESOURCES_RESOURCE);
	struct pb_reader r = pb_read(resource);
	struct pb_field field;

	while (pb_next(&r, &field)) {
		if (replaces_name(f) && is_message(&field, RESOURCE_ATTRIBUTES) &&
		    has_default_name(field.value))
			pb_put_len(&e->out, RESOURCE_ATTRIBUTES, e->name->key_value);
		else
			bytes_add(&e->out, field.whole);
	}
	if (resource.data == f->last)
		put_missing(e, f);
	pb_end(&e->out, mark);
}

/* All but the rest. */
static void put_resources(struct enricher *e, struct slice resources, const struct findings *f)
{
	size_t mark = pb_begin(&e->out, REQUEST_RESOURCES);
	struct pb_reader r = pb_read(slice_of(resources.data, resources.len - f->rest.len));
	struct pb_field field;

	if (!f->last)
		put_resource(e, (struct slice){NULL, 0}, f);
	while (pb_next(&r, &field)) {
		if (is_message(&field, RESOURCES_RESOURCE))
			put_resource(e, field.value, f);
		else
			bytes_add(&e->out, field.whole);
	}
	pb_end_before(&e->out, mark, f->rest.len);
}

static struct enricher prepare(const struct otlp_attribute *attributes, size_t count)
{
	struct enricher e = {.attributes = attributes, .count = count, .budget = OTLP_ENRICH_BYTES};
	size_t i;

	if (count > OTLP_ENRICH_ATTRIBUTES)
		e.count = OTLP_ENRICH_ATTRIBUTES;
	for (i = 0; i < e.count; i++)
		if (slice_is(attributes[i].key, NAME_KEY) &&
		    !has_default_name(attributes[i].key_value))
			e.name = &attributes[i];
	return e;
}

void otlp_enrich(struct bytes *request, const struct otlp_attribute *attributes, size_t count)
{
	struct enricher e = prepare(attributes, count);
	struct pb_reader r = pb_read(bytes_slice(request));
	const uint8_t *kept = request->data; /* what becomes of all before it is in `out` */
	struct findings f;
	struct pb_field field;

	while (pb_next(&r, &field)) {
		if (!is_message(&field, REQUEST_RESOURCES))
			continue;
		look(&e, field.value, &f);
		if (f.growth == 0 || f.growth > e.budget)
			continue;
		e.budget -= f.growth;
		bytes_reserve(&e.out, (size_t)(f.rest.data - kept) + f.growth + HEADS);
		bytes_append(&e.out, kept, (size_t)(field.whole.data - kept));
		put_resources(&e, field.value, &f);
		kept = f.rest.data;
	}
	/* Nearly always there is one Resource, and all the items, which are behind it, only move on
	 * a little. */
	if (e.out.failed)
		request->failed = true;
	else if (e.out.len > 0)
		bytes_replace(request, (size_t)(kept - request->data), bytes_slice(&e.out));
	bytes_free(&e.out);
}
