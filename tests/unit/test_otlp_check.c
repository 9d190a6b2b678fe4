/* SPDX-License-Identifier: Apache-2.0 */
/* What is a valid request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector_logs.pb-c.h"
#include "collector_metrics.pb-c.h"
#include "collector_trace.pb-c.h"
#include "guard.h"
#include "wire/otlp.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(text)                                                                                \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}

#define MAX_PATH 8 /* fields from the request to the deepest message, recursion left out */

/* A message that the schema leads to, and how. */
static struct place {
	const ProtobufCMessageDescriptor *descriptor;
	enum otlp_signal signal;
	unsigned depth;
	uint32_t path[MAX_PATH];
} places[100];
static size_t place_count;

static void add_place(const ProtobufCMessageDescriptor *descriptor, const struct place *parent,
		      uint32_t number)
{
	struct place *p = &places[place_count];
	size_t i;

	for (i = 0; i < place_count; i++)
		if (places[i].descriptor == descriptor)
			return;
	assert_true(place_count < LENGTH(places));
	if (parent) {
		*p = *parent;
		assert_true(p->depth < MAX_PATH);
		p->path[p->depth++] = number;
	} else {
		p->signal = (enum otlp_signal)place_count;
	}
	p->descriptor = descriptor;
	place_count++;
}

/* From the descriptors as protoc-c made them, not from the table under test. */
static int find_places(void **state)
{
	size_t i, k;

	(void)state;
	add_place(&otlp__export_trace_service_request__descriptor, NULL, 0);
	add_place(&otlp__export_logs_service_request__descriptor, NULL, 0);
	add_place(&otlp__export_metrics_service_request__descriptor, NULL, 0);
	for (i = 0; i < place_count; i++) {
		const ProtobufCMessageDescriptor *d = places[i].descriptor;

		for (k = 0; k < d->n_fields; k++)
			if (d->fields[k].type == PROTOBUF_C_TYPE_MESSAGE)
				add_place(d->fields[k].descriptor, &places[i], d->fields[k].id);
	}
	return 0;
}

/* Checks a request that has those bytes as the contents of the message at that place. */
static struct otlp_verdict check_at(const struct place *place, struct slice contents)
{
	struct bytes request = {0};
	struct otlp_verdict verdict;
	unsigned depth = place->depth;

	bytes_add(&request, contents);
	while (depth > 0) {
		struct bytes outer = {0};

		pb_put_len(&outer, place->path[--depth], bytes_slice(&request));
		bytes_free(&request);
		request = bytes_move(&outer);
	}
	verdict = otlp_check(place->signal, guard_put(bytes_slice(&request)));
	bytes_free(&request);
	return verdict;
}

static struct otlp_verdict check_field(const struct place *place, uint32_t number, unsigned type,
				       struct slice value)
{
	struct bytes field = {0};
	struct otlp_verdict verdict;

	pb_put_tag(&field, number, (enum pb_type)type);
	bytes_add(&field, value);
	if (type == PB_GROUP)
		pb_put_tag(&field, number, PB_END_GROUP);
	verdict = check_at(place, bytes_slice(&field));
	bytes_free(&field);
	return verdict;
}

static unsigned expected_type(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return PB_FIXED32;
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return PB_FIXED64;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return PB_LEN;
	default:
		return PB_VARINT;
	}
}

/* By wire type: 0, no length, no group contents; what does not exist. */
static const struct slice values[] = {
	BYTES("\x00"), BYTES("\0\0\0\0\0\0\0\0"), BYTES("\x00"), BYTES(""),
	BYTES(""),     BYTES("\0\0\0\0"),         BYTES("\x00"), BYTES("\x00"),
};

static void test_every_field(void **state)
{
	size_t i, k, fields = 0;
	unsigned type;

	(void)state;
	for (i = 0; i < place_count; i++) {
		const ProtobufCMessageDescriptor *d = places[i].descriptor;

		for (k = 0; k < d->n_fields; k++, fields++) {
			const ProtobufCFieldDescriptor *f = &d->fields[k];
			unsigned right = expected_type(f);

			for (type = 0; type < 8; type++) {
				bool packed = type == PB_LEN &&
					      f->label == PROTOBUF_C_LABEL_REPEATED;
				struct slice value = values[type];

				if (check_field(&places[i], f->id, type, value).valid !=
				    (type == right || packed))
					fail_msg("%s.%s as type %u", d->name, f->name, type);
			}
		}
	}
	assert_int_equal(place_count, 34);
	assert_in_range(fields, 120, 200);
}

static void test_unknown_fields(void **state)
{
	static const uint32_t numbers[] = {17, 31, 32, 33, 900, 536870911};
	size_t i, k;
	unsigned type;

	(void)state;
	for (i = 0; i < place_count; i++) {
		for (k = 0; k < LENGTH(numbers); k++) {
			for (type = 0; type < 8; type++) {
				struct slice value = values[type];
				bool good = type != PB_END_GROUP && type < 6;

				assert_int_equal(
					check_field(&places[i], numbers[k], type, value).valid,
					good);
			}
		}
	}
}

/* What is in a field that is length delimited: read as a message, as a string, as an id, as packed
 * numbers, or not at all. */
static void test_every_content(void **state)
{
	static const struct slice ill_formed = BYTES("\x03\x0f\x0f\x0f");
	static const struct slice not_utf8 = BYTES("\x03"
						   "a\xff"
						   "b");
	size_t i, k;

	(void)state;
	for (i = 0; i < place_count; i++) {
		const ProtobufCMessageDescriptor *d = places[i].descriptor;

		for (k = 0; k < d->n_fields; k++) {
			const ProtobufCFieldDescriptor *f = &d->fields[k];
			struct otlp_verdict odd, text;

			if (expected_type(f) != PB_LEN)
				continue;
			odd = check_field(&places[i], f->id, PB_LEN, ill_formed);
			assert_int_equal(odd.valid, f->type != PROTOBUF_C_TYPE_MESSAGE);
			assert_int_equal(odd.why == NULL, odd.valid);
			if (f->type == PROTOBUF_C_TYPE_MESSAGE)
				continue;
			text = check_field(&places[i], f->id, PB_LEN, not_utf8);
			assert_true(text.valid);
			assert_int_equal(text.alone, f->type == PROTOBUF_C_TYPE_STRING ||
							     strstr(f->name, "_id") != NULL);
		}
	}
}

static const struct place *find_place(const char *name)
{
	size_t i;

	for (i = 0; i < place_count; i++)
		if (strcmp(places[i].descriptor->short_name, name) == 0)
			return &places[i];
	fail_msg("no message %s", name);
	return NULL;
}

static void test_ids(void **state)
{
	static const struct {
		const char *message;
		uint32_t number;
		size_t len;
	} ids[] = {
		{"Span", 1, 16},      {"Span", 2, 8},      {"Span", 4, 8},
		{"Link", 1, 16},      {"Link", 2, 8},      {"LogRecord", 9, 16},
		{"LogRecord", 10, 8}, {"Exemplar", 5, 16}, {"Exemplar", 4, 8},
	};
	static const uint8_t text[33];
	size_t i, len;

	(void)state;
	for (i = 0; i < LENGTH(ids); i++) {
		for (len = 0; len <= sizeof(text); len++) {
			struct bytes field = {0};
			struct otlp_verdict verdict;

			pb_put_len(&field, ids[i].number, slice_of(text, len));
			verdict = check_at(find_place(ids[i].message), bytes_slice(&field));
			assert_true(verdict.valid);
			assert_int_equal(verdict.alone, len != 0 && len != ids[i].len);
			bytes_free(&field);
		}
	}
}

static void test_packed(void **state)
{
	const struct place *histogram = find_place("HistogramDataPoint");
	const struct place *buckets = find_place("Buckets");

	(void)state;
	assert_true(check_field(histogram, 6, PB_LEN,
				slice_of("\x08"
					 "12345678",
					 9))
			    .valid);
	assert_false(check_field(histogram, 6, PB_LEN,
				 slice_of("\x07"
					  "1234567",
					  8))
			     .valid);
	assert_false(check_field(histogram, 6, PB_LEN,
				 slice_of("\x0c"
					  "0123456789ab",
					  13))
			     .valid);
	assert_false(check_field(histogram, 7, PB_LEN,
				 slice_of("\x09"
					  "123456789",
					  10))
			     .valid);
	assert_true(check_field(buckets, 2, PB_LEN, slice_of("\x03\x01\x80\x01", 4)).valid);
	assert_false(check_field(buckets, 2, PB_LEN, slice_of("\x02\x01\x80", 3)).valid);
	/* A number of one bucket must not be read from what is behind the field. */
	assert_false(check_field(buckets, 2, PB_LEN, slice_of("\x01\x80\x08\x01", 4)).valid);
}

static void test_malformed(void **state)
{
	static const struct slice cases[] = {
		BYTES("\x00\x00"),             /* number 0 */
		BYTES("\x07"),                 /* number 0, type 7 */
		BYTES("\x8a\x80\x80\x80\x10"), /* a tag of more than 32 bits */
		BYTES("\x80"),                 /* a tag cut off */
		BYTES("\xf8\x01"),             /* a varint cut off */
		BYTES("\xf8\x01\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
		BYTES("\xf8\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
		BYTES("\xf9\x01"
		      "1234567"), /* fixed64 cut off */
		BYTES("\xfd\x01"
		      "123"), /* fixed32 cut off */
		BYTES("\xfa\x01\x02"
		      "1"), /* length beyond the end */
		BYTES("\xfa\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
		      "1"),
		BYTES("\xfb\x01"),     /* a group without end */
		BYTES("\xfc\x01"),     /* an end without group */
		BYTES("\xfe\x01\x00"), /* type 6 */
		BYTES("\xff\x01\x00"), /* type 7 */
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		for (k = 0; k < place_count; k++) {
			struct otlp_verdict verdict = check_at(&places[k], cases[i]);

			if (verdict.valid || !verdict.why || verdict.items || verdict.alone)
				fail_msg("case %zu in %s", i, places[k].descriptor->name);
		}
	}
	assert_true(otlp_check(OTLP_LOGS, (struct slice){NULL, 0}).valid);
}

/* A message that starts within its outer one and goes on behind it. */
static void test_beyond_outer(void **state)
{
	static const struct slice cases[] = {
		BYTES("\x0a\x02\x12\x04\x12\x00\x12\x00"),
		BYTES("\x0a\x04\x12\x03\x12\x02\x12\x00"),
		BYTES("\x0a\x01\x12\x00"),
	};
	size_t i;
	int signal;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		for (signal = 0; signal < OTLP_SIGNALS; signal++)
			assert_false(
				otlp_check((enum otlp_signal)signal, guard_put(cases[i])).valid);
}

/* AnyValue > ArrayValue > AnyValue ...: the request is the first message, Resource the third. */
static void test_depth(void **state)
{
	unsigned depth;

	(void)state;
	for (depth = OTLP_MAX_DEPTH - 3; depth <= OTLP_MAX_DEPTH + 3; depth++) {
		struct bytes request = {0};
		size_t marks[OTLP_MAX_DEPTH + 3];
		unsigned i;

		for (i = 0; i + 1 < depth; i++)
			marks[i] = pb_begin(&request, i < 3 ? 1 : i == 3 ? 2 : i % 2 ? 1 : 5);
		while (i > 0)
			pb_end(&request, marks[--i]);
		assert_int_equal(otlp_check(OTLP_TRACES, bytes_slice(&request)).valid,
				 depth <= OTLP_MAX_DEPTH);
		bytes_free(&request);
	}
}

static void test_other_signal(void **state)
{
	static const char log[] = "\x0a\x0d\x12\x0b\x12\x09\x09"
				  "12345678";
	struct slice request = slice_of(log, sizeof(log) - 1);

	(void)state;
	assert_int_equal(otlp_check(OTLP_LOGS, request).items, 1);
	/* A time where a span has its trace id. */
	assert_false(otlp_check(OTLP_TRACES, request).valid);
	assert_non_null(strstr(otlp_check(OTLP_TRACES, request).why, "wire type"));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(otlp_signal_name(OTLP_TRACES), "traces");
	assert_string_equal(otlp_signal_name(OTLP_LOGS), "logs");
	assert_string_equal(otlp_signal_name(OTLP_METRICS), "metrics");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field),   cmocka_unit_test(test_unknown_fields),
		cmocka_unit_test(test_every_content), cmocka_unit_test(test_ids),
		cmocka_unit_test(test_packed),        cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_beyond_outer),  cmocka_unit_test(test_depth),
		cmocka_unit_test(test_other_signal),  cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, find_places, NULL);
}
