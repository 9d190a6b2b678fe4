/* SPDX-License-Identifier: Apache-2.0 */
/* Makes OTLP requests from a seed: of all signals, in every order of fields that is allowed, with
 * fields that nobody knows and messages that are empty. */
#ifndef TESTS_UNIT_OTLP_MAKE_H
#define TESTS_UNIT_OTLP_MAKE_H

#include "wire/otlp.h"

struct maker {
	uint32_t seed;
	bool full; /* nothing empty: what leads to no item is not in it */
	struct bytes *out;
};

static inline unsigned make_random(struct maker *m, unsigned below)
{
	m->seed = m->seed * 1664525 + 1013904223;
	return (m->seed >> 10) % below;
}

static inline unsigned make_count(struct maker *m, unsigned below)
{
	return make_random(m, below) + (m->full ? 1 : 0);
}

static inline void make_string(struct maker *m, uint32_t number, const char *text)
{
	pb_put_len(m->out, number, slice_str(text));
}

static inline void make_fixed64(struct maker *m, uint32_t number)
{
	uint64_t value = make_random(m, 1000000);

	pb_put_tag(m->out, number, PB_FIXED64);
	bytes_append(m->out, &value, sizeof(value));
}

static inline void make_varint(struct maker *m, uint32_t number, uint64_t value)
{
	pb_put_tag(m->out, number, PB_VARINT);
	pb_put_varint(m->out, value);
}

/* Now and then a field that is in no schema, of any wire type but groups, which no reader of
 * protobuf-c takes. */
static inline void make_unknown(struct maker *m)
{
	switch (make_random(m, 12)) {
	case 0:
		make_string(m, 900, "unknown");
		break;
	case 1:
		make_varint(m, 1000, make_random(m, 70000));
		break;
	case 2:
		make_fixed64(m, 31);
		break;
	case 3:
		pb_put_tag(m->out, 32, PB_FIXED32);
		bytes_append(m->out, "abcd", 4);
		break;
	default:
		break;
	}
}

static inline void make_attribute(struct maker *m, uint32_t number)
{
	static const char *const keys[] = {"a", "service.name", "faas.name", "cloud.provider", "k"};
	size_t attribute = pb_begin(m->out, number), value, list;

	make_string(m, 1, keys[make_random(m, 5)]);
	value = pb_begin(m->out, 2);
	switch (make_random(m, 4)) {
	case 0:
		make_string(m, 1, make_random(m, 2) ? "unknown_service:python" : "text \xc3\xa9");
		break;
	case 1:
		make_varint(m, 3, UINT64_MAX);
		break;
	case 2:
		list = pb_begin(m->out, 6);
		make_attribute(m, 1);
		pb_end(m->out, list);
		break;
	default:
		make_fixed64(m, 4);
	}
	pb_end(m->out, value);
	make_unknown(m);
	pb_end(m->out, attribute);
}

static inline void make_span(struct maker *m)
{
	size_t event;

	pb_put_len(m->out, 1, slice_str("0123456789abcdef"));
	pb_put_len(m->out, 2, slice_str("01234567"));
	make_string(m, 5, "span");
	make_fixed64(m, 7);
	make_unknown(m);
	make_attribute(m, 9);
	event = pb_begin(m->out, 11);
	make_fixed64(m, 1);
	make_attribute(m, 3);
	pb_end(m->out, event);
}

static inline void make_log_record(struct maker *m)
{
	make_fixed64(m, 1);
	make_varint(m, 2, 9);
	make_unknown(m);
	make_attribute(m, 6);
	pb_put_len(m->out, 9, slice_str(""));
	pb_put_len(m->out, 10, slice_str("01234567"));
}

static inline void make_point(struct maker *m, uint32_t data)
{
	static const uint32_t attributes[] = {[5] = 7, [7] = 7, [9] = 9, [10] = 1, [11] = 7};

	make_fixed64(m, 3);
	make_attribute(m, attributes[data]);
	if (data == 9) { /* bucket_counts: packed, and one that is not */
		pb_put_len(m->out, 6, slice_str("0123456776543210"));
		make_fixed64(m, 6);
	}
	make_unknown(m);
}

static inline void make_metric(struct maker *m)
{
	static const uint32_t kinds[] = {5, 7, 9, 10, 11};
	uint32_t kind = kinds[make_random(m, 5)];
	size_t data;
	unsigned i;

	make_string(m, 1, "metric");
	data = pb_begin(m->out, kind);
	for (i = make_count(m, 4); i > 0; i--) {
		size_t point = pb_begin(m->out, 1);

		make_point(m, kind);
		pb_end(m->out, point);
	}
	/* aggregation_temporality, behind the points */
	if (kind == 7 || kind == 9 || kind == 10)
		make_varint(m, 2, 2);
	make_unknown(m);
	pb_end(m->out, data);
	make_string(m, 3, "By");
	make_attribute(m, 12);
}

static inline void make_item(struct maker *m, enum otlp_signal signal)
{
	size_t item = pb_begin(m->out, 2);

	if (signal == OTLP_TRACES)
		make_span(m);
	else if (signal == OTLP_LOGS)
		make_log_record(m);
	else
		make_metric(m);
	pb_end(m->out, item);
}

/* The scope of ScopeSpans or the resource of ResourceSpans: field 1 of either. */
static inline void make_owner(struct maker *m, bool resource)
{
	size_t owner = pb_begin(m->out, 1);

	if (!resource)
		make_string(m, 1, "scope");
	if (m->full || make_random(m, 2))
		make_attribute(m, resource ? 1 : 3);
	make_unknown(m);
	pb_end(m->out, owner);
}

static inline void make_scope(struct maker *m, enum otlp_signal signal)
{
	bool before = make_random(m, 2);
	size_t scope = pb_begin(m->out, 2);
	unsigned i;

	if (before)
		make_owner(m, false);
	for (i = make_count(m, 4); i > 0; i--)
		make_item(m, signal);
	make_string(m, 3, "https://opentelemetry.io/schemas/1.27.0");
	if (!before)
		make_owner(m, false);
	make_unknown(m);
	pb_end(m->out, scope);
}

/* Appends a request; the same for the same seed. */
static inline void make_request(enum otlp_signal signal, uint32_t seed, bool full,
				struct bytes *out)
{
	struct maker m = {seed, full, out};
	unsigned i, k;

	for (i = make_count(&m, 4); i > 0; i--) {
		unsigned owner = make_random(&m, 4);
		size_t resource = pb_begin(out, 1);

		if (owner == 0)
			make_owner(&m, true);
		for (k = make_count(&m, 3); k > 0; k--) {
			make_scope(&m, signal);
			make_unknown(&m);
		}
		make_string(&m, 3, "https://opentelemetry.io/schemas/1.27.0");
		if (owner > 1) {
			make_owner(&m, true);
			if (owner == 3)
				make_owner(&m, true);
		}
		pb_end(out, resource);
	}
}

#endif
