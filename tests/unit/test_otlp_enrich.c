/* SPDX-License-Identifier: Apache-2.0 */
/* Resource attributes spliced in. Requests are written here as text: see `make`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "otlp_make.h"
#include "short_memory.h"
#include "wire/otlp.h"

/* A request of one ResourceSpans for each '[ ]', a Resource for each '( )', an attribute for each
 * letter with a value for each word behind its '=', 's' the service.name; '#' is another field of
 * Resource, '*' a ScopeSpans with a span. "[(a=x #)*]" */
static void make(struct bytes *out, const char *text)
{
	size_t marks[2] = {0, 0};

	for (; *text; text++) {
		size_t len = 0, attribute, value;
		char key[2] = {*text, 0};

		switch (*text) {
		case '[':
			marks[0] = pb_begin(out, 1);
			continue;
		case '(':
			marks[1] = pb_begin(out, 1);
			continue;
		case ']':
			pb_end(out, marks[0]);
			continue;
		case ')':
			pb_end(out, marks[1]);
			continue;
		case '#':
			pb_put_tag(out, 2, PB_VARINT);
			pb_put_varint(out, 5);
			continue;
		case '*':
			pb_put_len(out, 2, slice_str("\x12\x02\x30\x01"));
			continue;
		case ' ':
			continue;
		default:
			assert_int_equal(text[1], '=');
			len = strcspn(text + 2, " )");
		}
		attribute = pb_begin(out, 1);
		pb_put_len(out, 1, slice_str(*text == 's' ? "service.name" : key));
		value = pb_begin(out, 2);
		pb_put_len(out, 1, slice_of(text + 2, len));
		pb_end(out, value);
		pb_end(out, attribute);
		text += 1 + len;
	}
}

#define MAX_ATTRIBUTES 300

/* `text` as in a Resource, without '#': attributes in the form that otlp_enrich takes. */
static size_t make_attributes(struct otlp_attribute *attributes, struct bytes *space,
			      const char *text)
{
	struct pb_reader r;
	struct pb_field field;
	size_t count = 0;

	make(space, text);
	r = pb_read(bytes_slice(space));
	while (pb_next(&r, &field))
		attributes[count++] = (struct otlp_attribute){pb_find(field.value, 1), field.value};
	return count;
}

/* That request enriched, in memory of just its size, so that the sanitizer sees a byte too many
 * read. */
static struct bytes enriched(struct slice request, const struct otlp_attribute *attributes,
			     size_t count)
{
	struct bytes out = {.data = malloc(request.len), .len = request.len, .cap = request.len};

	if (request.len > 0)
		memcpy(out.data, request.data, request.len);
	otlp_enrich(&out, attributes, count);
	return out;
}

static void require_enriched(const char *request, const char *attributes, const char *expected)
{
	struct otlp_attribute array[10];
	struct bytes in = {0}, space = {0}, want = {0}, out;
	size_t count = make_attributes(array, &space, attributes);

	make(&in, request);
	make(&want, expected);
	out = enriched(bytes_slice(&in), array, count);
	assert_false(out.failed);
	if (!slice_equal(bytes_slice(&out), bytes_slice(&want)))
		fail_msg("%s with %s is not %s", request, attributes, expected);
	bytes_free(&in);
	bytes_free(&space);
	bytes_free(&want);
	bytes_free(&out);
}

static void test_table(void **state)
{
	static const struct {
		const char *request, *attributes, *expected;
	} cases[] = {
		{"", "a=1", ""},
		{"[(b=2)*]", "", "[(b=2)*]"},
		{"[*]", "", "[*]"},
		/* Added, behind what there is. */
		{"[(b=2)*]", "a=1", "[(b=2 a=1)*]"},
		{"[(b=2 #)*]", "a=1 c=3", "[(b=2 # a=1 c=3)*]"},
		/* The sender's own wins, also an empty value. */
		{"[(a=2)*]", "a=1", "[(a=2)*]"},
		{"[(a=)*]", "a=1", "[(a=)*]"},
		{"[(a=2)*]", "a=1 c=3", "[(a=2 c=3)*]"},
		/* No Resource, an empty one, one behind the spans. */
		{"[*]", "a=1", "[(a=1)*]"},
		{"[]", "a=1", "[(a=1)]"},
		{"[()*]", "a=1", "[(a=1)*]"},
		{"[**(b=2)]", "a=1", "[**(b=2 a=1)]"},
		/* Two are one. */
		{"[(a=2)*(b=3)]", "a=1 b=1 c=1", "[(a=2)*(b=3 c=1)]"},
		{"[()()]", "a=1", "[()(a=1)]"},
		/* Each for itself. */
		{"[(a=2)*][*][(b=3)]", "a=1", "[(a=2)*][(a=1)*][(b=3 a=1)]"},
		/* A name that an SDK made up gives way, in its place. */
		{"[(b=2 s=unknown_service:python c=3)*]", "s=fn", "[(b=2 s=fn c=3)*]"},
		{"[(s=unknown_service)*]", "s=fn a=1", "[(s=fn a=1)*]"},
		{"[(s=unknown_service)(b=2)]", "s=fn", "[(s=fn)(b=2)]"},
		{"[(s=unknown_service)*]", "a=1", "[(s=unknown_service a=1)*]"},
		{"[(s=unknown_service:x)*]", "s=unknown_service", "[(s=unknown_service:x)*]"},
		{"[(s=unknown_service s=mine)*]", "s=fn", "[(s=unknown_service s=mine)*]"},
		{"[(s=mine)*]", "s=fn", "[(s=mine)*]"},
		{"[(s=)*]", "s=fn", "[(s=)*]"},
		{"[(b=unknown_service)*]", "b=fn", "[(b=unknown_service)*]"},
		{"[*]", "s=fn", "[(s=fn)*]"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		require_enriched(cases[i].request, cases[i].attributes, cases[i].expected);
}

/* Attributes so long that the lengths around them get longer too. */
static void test_long(void **state)
{
	static const size_t sizes[] = {100, 127, 128, 16300, 16383, 16384, 70000};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct bytes value = {0}, expected = {0};

		bytes_add(&value, slice_str("a="));
		while (value.len < sizes[i])
			bytes_addc(&value, 'v');
		bytes_addf(&expected, "[(b=2 %s)*][(%s)]", bytes_cstr(&value), bytes_cstr(&value));
		require_enriched("[(b=2)*][()]", bytes_cstr(&value), bytes_cstr(&expected));
		bytes_free(&value);
		bytes_free(&expected);
	}
}

/* Where nothing is to be done the bytes are the sender's, even odd ones. */
static void test_unchanged(void **state)
{
	/* lengths longer than need be; a field that nobody knows */
	static const uint8_t odd[] = {0x0a, 0x8b, 0x00, 0x0a, 0x85, 0x80, 0x00, 0x0a, 0x03,
				      0x0a, 0x01, 'a',  0x12, 0x00, 0x7a, 0x01, 'x'};
	struct otlp_attribute attributes[2];
	struct bytes space = {0}, out;
	size_t count = make_attributes(attributes, &space, "a=1");

	(void)state;
	assert_true(otlp_check(OTLP_TRACES, slice_of(odd, sizeof(odd))).valid);
	out = enriched(slice_of(odd, sizeof(odd)), attributes, count);
	assert_true(slice_equal(bytes_slice(&out), slice_of(odd, sizeof(odd))));
	bytes_free(&space);
	bytes_free(&out);
}

static size_t count_attributes(struct slice request)
{
	struct pb_reader r = pb_read(pb_find(pb_find(request, 1), 1));
	struct pb_field field;
	size_t count = 0;

	while (pb_next(&r, &field))
		count += field.number == 1;
	return count;
}

static void test_many_attributes(void **state)
{
	struct otlp_attribute attributes[MAX_ATTRIBUTES];
	struct bytes space[MAX_ATTRIBUTES] = {{0}}, in = {0}, out;
	size_t i;

	(void)state;
	for (i = 0; i < MAX_ATTRIBUTES; i++) {
		char key[20];

		sprintf(key, "key%zu", i);
		pb_put_len(&space[i], 1, slice_str(key));
		attributes[i].key_value = bytes_slice(&space[i]);
		attributes[i].key = pb_find(attributes[i].key_value, 1);
	}
	make(&in, "[*]");
	out = enriched(bytes_slice(&in), attributes, 200);
	assert_int_equal(count_attributes(bytes_slice(&out)), 200);
	bytes_free(&out);
	out = enriched(bytes_slice(&in), attributes, MAX_ATTRIBUTES);
	assert_int_equal(count_attributes(bytes_slice(&out)), OTLP_ENRICH_ATTRIBUTES);
	for (i = 0; i < MAX_ATTRIBUTES; i++)
		bytes_free(&space[i]);
	bytes_free(&in);
	bytes_free(&out);
}

/* Two bytes each that would become hundreds. */
static void test_bounded_growth(void **state)
{
	struct otlp_attribute attribute;
	struct bytes space = {0}, in = {0}, out;
	char text[1000];
	size_t i;

	(void)state;
	memset(text, 'v', sizeof(text));
	memcpy(text, "a=", 2);
	text[sizeof(text) - 1] = 0;
	assert_int_equal(make_attributes(&attribute, &space, text), 1);
	for (i = 0; i < 100000; i++)
		pb_put_len(&in, 1, (struct slice){NULL, 0});
	out = enriched(bytes_slice(&in), &attribute, 1);
	assert_false(out.failed);
	/* The attributes, and at most some bytes of tags and lengths for each. */
	assert_in_range(out.len, OTLP_ENRICH_BYTES - 2000, OTLP_ENRICH_BYTES + in.len * 5);
	assert_true(otlp_check(OTLP_TRACES, bytes_slice(&out)).valid);
	bytes_free(&space);
	bytes_free(&in);
	bytes_free(&out);
}

static void test_short_memory(void **state)
{
	struct otlp_attribute attributes[2];
	struct bytes space = {0}, in = {0};
	size_t count = make_attributes(attributes, &space, "a=1 s=fn");
	int fail_at;

	(void)state;
	make(&in, "[(s=unknown_service)*][*][*][*][*][*][*][*][*][*][*][*][*][*][*]");
	for (fail_at = 1; fail_at < 100; fail_at++) {
		struct bytes out;
		bool failed;

		short_memory_at = fail_at;
		out = enriched(bytes_slice(&in), attributes, count);
		failed = out.failed;
		assert_int_equal(failed, short_memory_at == 0);
		bytes_free(&out);
		if (!failed)
			break;
	}
	short_memory_at = 0;
	assert_in_range(fail_at, 2, 20);
	bytes_free(&space);
	bytes_free(&in);
}

/* The usual case, one Resource to which all is added, takes two allocations: its beginning as it
 * will be, and room for what that is longer, and no more. */
static void test_allocations(void **state)
{
	struct otlp_attribute attributes[4];
	struct bytes space = {0}, in = {0}, out;
	size_t count = make_attributes(attributes, &space, "a=1 b=2 c=3 s=fn");

	(void)state;
	make(&in, "[(s=unknown_service:x #)**********]");
	/* The third realloc, if there were one, would fail. */
	short_memory_at = 3;
	out = enriched(bytes_slice(&in), attributes, count);
	assert_int_equal(short_memory_at, 1);
	short_memory_at = 0;
	assert_false(out.failed);
	assert_true(out.len > in.len);
	assert_int_equal(out.cap, out.len);
	bytes_free(&space);
	bytes_free(&in);
	bytes_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),          cmocka_unit_test(test_long),
		cmocka_unit_test(test_unchanged),      cmocka_unit_test(test_many_attributes),
		cmocka_unit_test(test_bounded_growth), cmocka_unit_test(test_short_memory),
		cmocka_unit_test(test_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
