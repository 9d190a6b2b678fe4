/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a span, as a log record and as a baggage header in which correlation keys are looked
 * for. libFuzzer feeds it; the unit tests include it. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "domain/baggage.h"
#include "domain/join.h"
#include "domain/join_children.h"
#include "domain/join_values.h"
#include "require.h"

#define REQUEST "8286a188-ba32-4475-8077-530cd35c09a9"

static void wrap(struct bytes *out, struct slice item)
{
	size_t resource = pb_begin(out, 1), scope = pb_begin(out, 2);

	pb_put_len(out, 2, item);
	pb_end(out, scope);
	pb_end(out, resource);
}

/* What is added is valid wherever the rest is, and all of what was there is there. */
static void require_joined(struct invocations *table, struct slice record, enum join_records whose)
{
	struct bytes request = {0}, joined = {0};
	struct otlp_verdict before, after;
	struct otlp_iter iter;
	struct otlp_item item;

	wrap(&request, record);
	before = otlp_check(OTLP_LOGS, bytes_slice(&request));
	if (before.valid) {
		join_lines(table, bytes_slice(&request), whose, &joined);
		after = otlp_check(OTLP_LOGS, bytes_slice(&joined));
		REQUIRE(after.valid && after.items == 1 && after.alone == before.alone);
		iter = otlp_items(OTLP_LOGS, bytes_slice(&joined));
		REQUIRE(otlp_next(&iter, &item) && item.item.len >= record.len);
		REQUIRE(record.len == 0 || memcmp(item.item.data, record.data, record.len) == 0);
	}
	bytes_free(&request);
	bytes_free(&joined);
}

/* The same of what the function sent, which is seen and written. */
static void require_sent(struct invocations *table, struct slice record)
{
	struct bytes request = {0};

	wrap(&request, record);
	if (otlp_check(OTLP_LOGS, bytes_slice(&request)).valid) {
		join_see_records(table, bytes_slice(&request));
		join_requests(table, bytes_slice(&request), JOIN_SENT);
		require_joined(table, record, JOIN_SENT);
	}
	bytes_free(&request);
}

static void try_table(struct slice input, const struct otlp_keys *keys)
{
	static struct invocations table;
	struct slice values[OTLP_KEYS];
	struct bytes request = {0};

	table = (struct invocations){.correlate = correlate_new(keys)};
	if (!table.correlate)
		return;
	invocations_invoke(&table, slice_str(REQUEST), slice_str(""), 1);
	wrap(&request, input);
	if (otlp_check(OTLP_TRACES, bytes_slice(&request)).valid)
		join_see_spans(&table, bytes_slice(&request));
	join_by_children(&table, &table.ring[0]);
	join_see_line(&table, input);
	require_joined(&table, input, JOIN_LINES);
	require_sent(&table, input);
	join_values(&table, &table.ring[0], values);
	for (unsigned i = 0; i < OTLP_KEYS; i++)
		REQUIRE(!values[i].data || correlate_is_value(values[i]));
	bytes_free(&request);
	correlate_free(table.correlate);
}

static void try_baggage(struct slice header)
{
	struct slice rest = header, key, value;

	while (baggage_next(&rest, &key, &value)) {
		struct bytes text = {0};

		REQUIRE(key.len > 0 && key.data >= header.data &&
			key.data + key.len <= header.data + header.len);
		REQUIRE(!memchr(key.data, ',', key.len) && !memchr(key.data, '=', key.len));
		if (baggage_decode(value, &text))
			REQUIRE(text.len <= value.len && utf8_valid(bytes_slice(&text)));
		bytes_free(&text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"order.id", "correlationId", "a.b.c", "k"};
	struct otlp_keys keys = {0};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		otlp_keys_add(&keys, slice_str(names[i]));
	try_table(slice_of(data, size), &keys);
	try_baggage(slice_of(data, size));
	return 0;
}
