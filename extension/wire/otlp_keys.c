/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/otlp_keys.h"

#include <string.h>

#include "wire/otlp_value.h"
#include "wire/pb.h"

#define TAG_KEY (OTLP_KEY << 3 | PB_LEN) /* with which a KeyValue starts */
#define TAG_VALUE (OTLP_KEY_VALUE << 3 | PB_LEN)

/* The attribute of a span by which instrumentations tell a header (semantic conventions, HTTP), and
 * what people call it in a line. */
static const char *const baggage_keys[] = {"baggage", "http.request.header.baggage"};

/* Where loggers put what was bound to them. */
static const char *const contexts[] = {
	"fields",     "span",   "spans", /* Rust's tracing */
	"State",      "Scopes",          /* .NET's console */
	"Properties",                    /* Serilog */
	"contextMap",                    /* log4j2 */
	"mdc",                           /* logback, JBoss */
	"labels",                        /* Elastic's common schema */
	"metadata",                      /* winston */
	"context",                       /* what many have as theirs */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t bit_of(size_t length)
{
	return UINT64_C(1) << (length & 63);
}

void otlp_keys_add(struct otlp_keys *keys, struct slice name)
{
	uint64_t outer = 0;

	keys->names[keys->count++] = name;
	keys->lengths |= bit_of(name.len);
	for (size_t i = 0; i < COUNT(baggage_keys); i++)
		keys->lengths |= bit_of(strlen(baggage_keys[i]));
	for (size_t i = 0; i < COUNT(contexts); i++)
		outer |= bit_of(strlen(contexts[i]));
	for (size_t i = 0; i < name.len; i++)
		outer |= name.data[i] == '.' ? bit_of(i) : 0;
	keys->outer |= keys->lengths | outer;
}

static bool is_one_of(struct slice key, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_is(key, names[i]))
			return true;
	return false;
}

/* ---- In objects ---- */

/* What is left of the path behind `key` and its dot; false where it does not lead there. */
static bool goes_through(struct slice path, struct slice key, struct slice *rest)
{
	if (key.len == 0 || path.len <= key.len + 1 || path.data[key.len] != '.' ||
	    memcmp(path.data, key.data, key.len) != 0)
		return false;
	*rest = slice_of(path.data + key.len + 1, path.len - key.len - 1);
	return true;
}

/* Each level takes a dot of the path: it is no deeper than that is long. */
static struct slice find_path(struct slice list, struct slice path)
{
	struct pb_reader r = pb_read(list);
	struct pb_field field;

	while (pb_next(&r, &field)) {
		struct slice key, value, rest, found = {0};

		if (field.number != OTLP_LIST_VALUES || field.type != PB_LEN)
			continue;
		key = pb_find(field.value, OTLP_KEY);
		value = pb_find(field.value, OTLP_KEY_VALUE);
		if (slice_equal(key, path))
			return value;
		if (goes_through(path, key, &rest))
			found = find_path(pb_find(value, OTLP_ANY_LIST), rest);
		if (found.data)
			return found;
	}
	return (struct slice){0};
}

/* In an object, or in the first object of an array that has it. */
static struct slice find_in_context(struct slice value, struct slice path)
{
	struct pb_reader r = pb_read(pb_find(value, OTLP_ANY_ARRAY));
	struct slice found = find_path(pb_find(value, OTLP_ANY_LIST), path);
	struct pb_field field;

	while (!found.data && pb_next(&r, &field))
		if (field.number == OTLP_LIST_VALUES && field.type == PB_LEN)
			found = find_path(pb_find(field.value, OTLP_ANY_LIST), path);
	return found;
}

static struct slice find_within(struct slice key, struct slice value, struct slice name)
{
	struct slice rest;

	if (goes_through(name, key, &rest))
		return find_path(pb_find(value, OTLP_ANY_LIST), rest);
	if (is_one_of(key, contexts, COUNT(contexts)))
		return find_in_context(value, name);
	return (struct slice){0};
}

/* ---- All of it ---- */

void otlp_find_again(struct otlp_finder *f)
{
	if (!f || !f->any)
		return;
	f->any = false;
	f->own = 0;
	f->baggage = (struct slice){0};
	for (unsigned i = 0; i < f->keys->count; i++)
		f->values[i] = (struct slice){0};
}

/* The value in what is behind the key, where it nearly always begins. */
static inline struct slice value_in(struct slice rest)
{
	if (rest.len >= 2 && rest.data[0] == TAG_VALUE && rest.data[1] < 0x80 &&
	    rest.data[1] <= rest.len - 2)
		return slice_of(rest.data + 2, rest.data[1]);
	return pb_find(rest, OTLP_KEY_VALUE);
}

/* Is it the very one? What stood in an object gives way. */
static bool find_key(struct otlp_finder *f, struct slice key, struct slice rest)
{
	for (unsigned i = 0; i < f->keys->count; i++) {
		if (!slice_equal(key, f->keys->names[i]))
			continue;
		if (!(f->own & 1U << i))
			f->values[i] = value_in(rest);
		f->own |= 1U << i;
		return true;
	}
	return false;
}

static bool find_in_object(struct otlp_finder *f, struct slice key, struct slice rest)
{
	struct slice value = value_in(rest);
	bool any = false;

	for (unsigned i = 0; i < f->keys->count; i++) {
		if (f->values[i].data || f->own & 1U << i)
			continue;
		f->values[i] = find_within(key, value, f->keys->names[i]);
		any |= f->values[i].data != NULL;
	}
	return any;
}

static bool find_baggage(struct otlp_finder *f, struct slice key, struct slice rest)
{
	if (f->baggage.data || !is_one_of(key, baggage_keys, COUNT(baggage_keys)))
		return false;
	f->baggage = value_in(rest);
	return true;
}

void otlp_find_attribute(struct otlp_finder *f, struct slice key_value)
{
	struct slice key = slice_of(key_value.data + 2, key_value.data[1]), rest;

	if (key_value.data[0] != TAG_KEY || key.len >= 0x80 || key.len > key_value.len - 2)
		return;
	rest = slice_of(key.data + key.len, key_value.len - 2 - key.len);
	f->any |= find_key(f, key, rest) || find_baggage(f, key, rest) ||
		  (f->nested && find_in_object(f, key, rest));
}
