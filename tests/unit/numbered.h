/* SPDX-License-Identifier: Apache-2.0 */
/* Requests whose items carry numbers, so that a test sees which are where, and in which order. */
#ifndef TESTS_UNIT_NUMBERED_H
#define TESTS_UNIT_NUMBERED_H

#include <string.h>

#include "wire/otlp.h"

/* Fields that no schema knows; they survive all that is done with items. */
#define NUMBERED_NUMBER 1000
#define NUMBERED_PADDING 1001

static inline void numbered_item(enum otlp_signal signal, uint64_t number, size_t padding,
				 struct bytes *out)
{
	static const char spaces[4096];
	size_t marks[3], depth = 0;

	marks[depth++] = pb_begin(out, 2); /* Span, LogRecord, Metric */
	if (signal == OTLP_METRICS) {
		marks[depth++] = pb_begin(out, 5); /* Gauge */
		marks[depth++] = pb_begin(out, 1); /* NumberDataPoint */
	}
	pb_put_tag(out, NUMBERED_NUMBER, PB_VARINT);
	pb_put_varint(out, number);
	if (padding > 0) {
		size_t mark = pb_begin(out, NUMBERED_PADDING);

		for (; padding > sizeof spaces; padding -= sizeof spaces)
			bytes_append(out, spaces, sizeof spaces);
		bytes_append(out, spaces, padding);
		pb_end(out, mark);
	}
	while (depth > 0)
		pb_end(out, marks[--depth]);
}

/* Appends a request of `count` items with the numbers from `first` on, each with `padding` bytes
 * more, below one resource with `context` bytes more. */
static inline void numbered_request(enum otlp_signal signal, uint64_t first, size_t count,
				    size_t padding, size_t context, struct bytes *out)
{
	size_t resource = pb_begin(out, 1), scope, i, mark;

	mark = pb_begin(out, 3); /* schema_url */
	for (i = 0; i < context; i++)
		bytes_addc(out, 'c');
	pb_end(out, mark);
	scope = pb_begin(out, 2);
	for (i = 0; i < count; i++)
		numbered_item(signal, first + i, padding, out);
	pb_end(out, scope);
	pb_end(out, resource);
}

static inline uint64_t numbered_of(struct slice item)
{
	struct pb_reader r = pb_read(item);
	struct pb_field field;

	while (pb_next(&r, &field))
		if (field.number == NUMBERED_NUMBER && field.type == PB_VARINT)
			return field.scalar;
	return UINT64_MAX;
}

#endif
