/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pb.h"

#include <string.h>

#define VARINT_MAX 10 /* bytes: 9 of 7 bits, and the 64th bit */

struct pb_reader pb_read(struct slice message)
{
	const uint8_t *end = message.len > 0 ? message.data + message.len : message.data;

	return (struct pb_reader){message.data, end, false};
}

const uint8_t *pb_get_varint(const uint8_t *p, const uint8_t *end, uint64_t *value)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < VARINT_MAX && p < end; i++) {
		uint8_t c = *p++;

		/* More than 64 bits: readers disagree on what that is, so nobody shall get it. */
		if (i == VARINT_MAX - 1 && c > 1)
			return NULL;
		sum |= (uint64_t)(c & 0x7f) << (7 * i);
		if (c < 0x80) {
			*value = sum;
			return p;
		}
	}
	return NULL;
}

const uint8_t *pb_get_tag(const uint8_t *p, const uint8_t *end, uint32_t *number, unsigned *type)
{
	uint64_t tag;

	p = pb_get_varint(p, end, &tag);
	/* A tag is a uint32: the largest number is 2^29 - 1. */
	if (!p || tag > UINT32_MAX || tag >> 3 == 0)
		return NULL;
	*number = (uint32_t)(tag >> 3);
	*type = (unsigned)(tag & 7);
	return p;
}

static const uint8_t *get_fixed(const uint8_t *p, const uint8_t *end, unsigned size,
				uint64_t *value)
{
	unsigned i;

	if ((size_t)(end - p) < size)
		return NULL;
	*value = 0;
	for (i = 0; i < size; i++)
		*value |= (uint64_t)p[i] << (8 * i);
	return p + size;
}

static const uint8_t *get_len(const uint8_t *p, const uint8_t *end, struct slice *value)
{
	uint64_t len;

	p = pb_get_varint(p, end, &len);
	if (!p || len > (size_t)(end - p))
		return NULL;
	*value = (struct slice){p, (size_t)len};
	return p + len;
}

/* Reads the value of any type but groups. */
static const uint8_t *get_value(const uint8_t *p, const uint8_t *end, unsigned type,
				uint64_t *scalar, struct slice *value)
{
	switch (type) {
	case PB_VARINT:
		return pb_get_varint(p, end, scalar);
	case PB_FIXED64:
		return get_fixed(p, end, 8, scalar);
	case PB_FIXED32:
		return get_fixed(p, end, 4, scalar);
	case PB_LEN:
		return get_len(p, end, value);
	default:
		return NULL;
	}
}

const uint8_t *pb_skip_group(const uint8_t *p, const uint8_t *end, uint32_t number,
			     struct slice *contents)
{
	const uint8_t *start = p;
	uint32_t open[PB_MAX_GROUPS] = {number};
	unsigned depth = 1;

	while (p < end) {
		const uint8_t *before = p;
		struct slice value;
		uint64_t scalar;
		unsigned type;

		p = pb_get_tag(p, end, &number, &type);
		if (p && type == PB_GROUP) {
			if (depth == PB_MAX_GROUPS)
				return NULL;
			open[depth++] = number;
		} else if (p && type == PB_END_GROUP) {
			if (open[--depth] != number)
				return NULL;
			if (depth == 0) {
				*contents = (struct slice){start, (size_t)(before - start)};
				return p;
			}
		} else if (p) {
			p = get_value(p, end, type, &scalar, &value);
		}
		if (!p)
			return NULL;
	}
	return NULL;
}

/* The contents of a field with one byte for the tag, one or two for the length: nearly every one
 * there is. NULL where it is another. */
static inline const uint8_t *short_contents(const uint8_t *start, const uint8_t *end, size_t *len)
{
	if (end - start < 3 || (start[0] & 0x87) != PB_LEN || start[0] < 8)
		return NULL;
	*len = start[1];
	if (*len < 0x80)
		return start + 2;
	*len = (*len & 0x7f) | (size_t)start[2] << 7;
	return start[2] < 0x80 ? start + 3 : NULL;
}

bool pb_next(struct pb_reader *r, struct pb_field *field)
{
	const uint8_t *start = r->p, *end = r->end, *p;
	unsigned type = 0;
	size_t len = 0;

	if (r->failed || start == end)
		return false;
	*field = (struct pb_field){0};
	p = short_contents(start, end, &len);
	if (p && len <= (size_t)(end - p)) {
		field->number = start[0] >> 3;
		type = PB_LEN;
		field->value = (struct slice){p, len};
		p += len;
	} else {
		p = pb_get_tag(start, end, &field->number, &type);
		if (p && type == PB_GROUP)
			p = pb_skip_group(p, end, field->number, &field->value);
		else if (p)
			p = get_value(p, end, type, &field->scalar, &field->value);
	}
	if (!p) {
		r->failed = true;
		return false;
	}
	field->type = (enum pb_type)type;
	field->whole = (struct slice){start, (size_t)(p - start)};
	r->p = p;
	return true;
}

struct slice pb_find(struct slice message, uint32_t number)
{
	struct pb_reader r = pb_read(message);
	struct pb_field field;

	while (pb_next(&r, &field))
		if (field.number == number && field.type == PB_LEN)
			return field.value;
	return (struct slice){NULL, 0};
}

struct slice pb_find_cut(struct slice message, uint32_t number)
{
	struct pb_reader r = pb_read(message);
	const uint8_t *at = r.p;
	struct pb_field field;
	uint64_t len;
	unsigned type;

	while (pb_next(&r, &field)) {
		if (field.number == number && field.type == PB_LEN)
			return field.value;
		at = r.p;
	}
	if (!r.failed || !(at = pb_get_tag(at, r.end, &field.number, &type)) ||
	    field.number != number || type != PB_LEN || !(at = pb_get_varint(at, r.end, &len)))
		return (struct slice){0};
	return slice_of(at, (size_t)(r.end - at));
}

static size_t encode_varint(uint8_t to[static VARINT_MAX], uint64_t value)
{
	size_t n = 0;

	while (value >= 0x80) {
		to[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	to[n++] = (uint8_t)value;
	return n;
}

size_t pb_varint_size(uint64_t value)
{
	uint8_t scratch[VARINT_MAX];

	return encode_varint(scratch, value);
}

size_t pb_len_size(uint32_t number, size_t value_len)
{
	return pb_varint_size((uint64_t)number << 3) + pb_varint_size(value_len) + value_len;
}

void pb_put_varint(struct bytes *out, uint64_t value)
{
	uint8_t encoded[VARINT_MAX];

	bytes_append(out, encoded, encode_varint(encoded, value));
}

void pb_put_tag(struct bytes *out, uint32_t number, enum pb_type type)
{
	pb_put_varint(out, (uint64_t)number << 3 | type);
}

void pb_put_len(struct bytes *out, uint32_t number, struct slice value)
{
	pb_put_tag(out, number, PB_LEN);
	pb_put_varint(out, value.len);
	bytes_add(out, value);
}

size_t pb_begin(struct bytes *out, uint32_t number)
{
	pb_put_tag(out, number, PB_LEN);
	bytes_addc(out, 0);
	return out->len;
}

void pb_end(struct bytes *out, size_t mark)
{
	pb_end_before(out, mark, 0);
}

void pb_end_before(struct bytes *out, size_t mark, size_t rest)
{
	uint8_t encoded[VARINT_MAX];
	size_t len, n;

	/* Where memory ran out in between, the mark means nothing any more. */
	if (out->failed)
		return;
	len = out->len - mark;
	n = encode_varint(encoded, len + rest);
	if (n > 1) {
		if (!bytes_reserve(out, n - 1))
			return;
		memmove(out->data + mark + n - 1, out->data + mark, len);
		out->len += n - 1;
	}
	memcpy(out->data + mark - 1, encoded, n);
}
