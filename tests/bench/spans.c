/* SPDX-License-Identifier: Apache-2.0 */
/* By hand, so that the bench shares no code with what it measures. Field numbers: trace.proto. */
#include "spans.h"

#include <stdlib.h>
#include <string.h>

#include "loop.h"

#define SPAN_ROOM 400

/* Messages are written from their end to their start: lengths are known when they are needed. */
struct writer {
	uint8_t *data;
	size_t at; /* the first byte written */
};

static uint64_t random_bits(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void put(struct writer *w, const void *data, size_t len)
{
	w->at -= len;
	memcpy(w->data + w->at, data, len);
}

static void put_varint(struct writer *w, uint64_t value)
{
	uint8_t bytes[10];
	size_t len = 0;

	do {
		bytes[len++] = (uint8_t)(value | 0x80);
		value >>= 7;
	} while (value);
	bytes[len - 1] &= 0x7f;
	put(w, bytes, len);
}

/* What was written since `end` becomes a field. */
static void close_field(struct writer *w, unsigned field, size_t end)
{
	put_varint(w, end - w->at);
	put_varint(w, field << 3 | 2);
}

static void put_bytes(struct writer *w, unsigned field, const void *data, size_t len)
{
	size_t end = w->at;

	put(w, data, len);
	close_field(w, field, end);
}

static void put_fixed64(struct writer *w, unsigned field, uint64_t value)
{
	put(w, &value, sizeof value);
	put_varint(w, field << 3 | 1);
}

static void put_int(struct writer *w, unsigned field, uint64_t value)
{
	put_varint(w, value);
	put_varint(w, field << 3);
}

/* KeyValue: 1 key, 2 AnyValue: 1 string_value, 3 int_value. */
static void put_attribute(struct writer *w, unsigned field, const char *key, const char *text,
			  uint64_t number)
{
	size_t end = w->at;

	if (text)
		put_bytes(w, 1, text, strlen(text));
	else
		put_int(w, 3, number);
	close_field(w, 2, end);
	put_bytes(w, 1, key, strlen(key));
	close_field(w, field, end);
}

static void put_span(struct writer *w, const uint64_t trace[2])
{
	static const char *const names[] = {"GET /orders/{id}", "SELECT shop.orders", "PutItem",
					    "validate", "POST /payments"};
	uint64_t start = 1767225600000000000 + random_bits() % 1000000000;
	uint64_t span = random_bits(), parent = random_bits();
	const char *name = names[random_bits() % 5];
	size_t end = w->at;

	put_attribute(w, 9, "thread.id", NULL, random_bits() % 1000000);
	put_attribute(w, 9, "http.response.status_code", NULL, 200);
	put_attribute(w, 9, "server.address", "orders.internal.example.com", 0);
	put_attribute(w, 9, "http.request.method", "GET", 0);
	put_fixed64(w, 8, start + random_bits() % 50000000);
	put_fixed64(w, 7, start);
	put_int(w, 6, 3);
	put_bytes(w, 5, name, strlen(name));
	put_bytes(w, 4, &parent, sizeof parent);
	put_bytes(w, 2, &span, sizeof span);
	put_bytes(w, 1, trace, 16);
	close_field(w, 2, end);
}

struct spans spans_make(unsigned count)
{
	size_t room = count * (size_t)SPAN_ROOM + 1024, scope_end, all_end;
	struct writer w = {.data = malloc(room), .at = room};
	uint64_t trace[2] = {random_bits(), random_bits()};
	struct spans spans;

	if (!w.data)
		die("no memory");
	all_end = w.at;
	for (unsigned i = 0; i < count; i++)
		put_span(&w, trace);
	scope_end = w.at;
	put_bytes(&w, 1, "shop.tracer", strlen("shop.tracer"));
	close_field(&w, 1, scope_end);
	close_field(&w, 2, all_end);
	scope_end = w.at;
	put_attribute(&w, 1, "telemetry.sdk.language", "python", 0);
	put_attribute(&w, 1, "service.name", "shop", 0);
	close_field(&w, 1, scope_end);
	close_field(&w, 1, all_end);
	spans.count = count;
	spans.len = room - w.at;
	spans.data = malloc(spans.len);
	if (!spans.data)
		die("no memory");
	memcpy(spans.data, w.data + w.at, spans.len);
	free(w.data);
	return spans;
}
