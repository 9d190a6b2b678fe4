/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/trace_context.h"

#include <string.h>

/* ---- Hexadecimal ---- */

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_set(const uint8_t *id, size_t size)
{
	uint8_t bits = 0;

	for (size_t i = 0; i < size; i++)
		bits |= id[i];
	return bits != 0;
}

/* `size` bytes of exactly twice as many digits; what is behind a failure is left alone. */
static bool read_hex(struct slice hex, uint8_t *bytes, size_t size)
{
	if (hex.len != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = digit(hex.data[2 * i]), low = digit(hex.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool read_id(struct slice hex, uint8_t *id, size_t size)
{
	if (read_hex(hex, id, size) && is_set(id, size))
		return true;
	memset(id, 0, size);
	return false;
}

static void print(const uint8_t *id, size_t size, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*hex++ = digits[id[i] >> 4];
		*hex++ = digits[id[i] & 15];
	}
	*hex = 0;
}

bool trace_id_is_set(const uint8_t id[static TRACE_ID_SIZE])
{
	return is_set(id, TRACE_ID_SIZE);
}

bool span_id_is_set(const uint8_t id[static SPAN_ID_SIZE])
{
	return is_set(id, SPAN_ID_SIZE);
}

bool trace_id_parse(struct slice hex, uint8_t id[static TRACE_ID_SIZE])
{
	return read_id(hex, id, TRACE_ID_SIZE);
}

bool span_id_parse(struct slice hex, uint8_t id[static SPAN_ID_SIZE])
{
	return read_id(hex, id, SPAN_ID_SIZE);
}

void trace_id_print(const uint8_t id[static TRACE_ID_SIZE], char hex[static 2 * TRACE_ID_SIZE + 1])
{
	print(id, TRACE_ID_SIZE, hex);
}

void span_id_print(const uint8_t id[static SPAN_ID_SIZE], char hex[static 2 * SPAN_ID_SIZE + 1])
{
	print(id, SPAN_ID_SIZE, hex);
}

/* ---- X-Ray ---- */

/* "1-" 8 digits (the time) "-" 24 digits: together they are the trace id. */
static bool read_root(struct slice text, struct xray_header *header)
{
	uint8_t *id = header->trace_id;

	return text.len == 35 && slice_starts(text, "1-") && text.data[10] == '-' &&
	       read_hex(slice_of(text.data + 2, 8), id, 4) &&
	       read_hex(slice_of(text.data + 11, 24), id + 4, 12) && trace_id_is_set(id);
}

static bool read_parent(struct slice text, struct xray_header *header)
{
	return span_id_parse(text, header->parent);
}

/* "?" asks the one who is called to decide. */
static bool read_sampled(struct slice text, struct xray_header *header)
{
	if (slice_is(text, "1"))
		header->sampled = XRAY_SAMPLED;
	else if (slice_is(text, "0"))
		header->sampled = XRAY_NOT_SAMPLED;
	return text.len == 1 && strchr("01?", text.data[0]);
}

static const struct {
	const char *name;
	bool (*read)(struct slice text, struct xray_header *header);
} fields[] = {
	{"Root=", read_root},
	{"Parent=", read_parent},
	{"Sampled=", read_sampled},
};

#define FIELDS (sizeof fields / sizeof fields[0])

/* One that we do not know is passed over. */
static bool read_field(struct slice field, bool seen[static FIELDS], struct xray_header *header)
{
	for (size_t i = 0; i < FIELDS; i++) {
		size_t len = strlen(fields[i].name);

		if (!slice_starts(field, fields[i].name))
			continue;
		if (seen[i])
			return false;
		seen[i] = true;
		return fields[i].read(slice_of(field.data + len, field.len - len), header);
	}
	return true;
}

bool xray_header_parse(struct slice text, struct xray_header *header)
{
	bool seen[FIELDS] = {false}, ok = true;

	*header = (struct xray_header){0};
	while (ok && text.len > 0)
		ok = read_field(slice_trim(slice_take_until(&text, ';')), seen, header);
	ok = ok && seen[0];
	if (!ok)
		*header = (struct xray_header){0};
	return ok;
}
