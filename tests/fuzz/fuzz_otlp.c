/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for any bytes that come as an OTLP request. libFuzzer feeds it; the unit tests
 * include it, to try requests that are mostly valid and to replay what once failed (regress/).
 * The first byte is the signal, the second where to split, the rest is the request. */
#include <stdlib.h>
#include <string.h>

#include "collector_logs.pb-c.h"
#include "collector_trace.pb-c.h"
#include "require.h"
#include "wire/otlp.h"

/* All of a message but the fields on the way to the items: a list of our own, so that a slip in
 * the code under test is not repeated here. */
static void view_own(struct bytes *view, struct slice message, const char *children)
{
	struct pb_reader r = pb_read(message);
	struct pb_field field;

	bytes_addf(view, "<%s:", children);
	while (pb_next(&r, &field))
		if (field.number > 15 || !strchr(children, (int)('0' + field.number)))
			bytes_add(view, field.whole);
	bytes_addc(view, '>');
}

/* Each item with what stands around it: what a rewrite must not change. Numbers 5, 7, 9, 10 and 11
 * are '5', '7', '9', ':' and ';'. */
static size_t view_request(struct bytes *view, enum otlp_signal signal, struct slice request)
{
	struct otlp_iter iter = otlp_items(signal, request);
	struct otlp_item item;
	size_t count = 0;

	while (otlp_next(&iter, &item)) {
		count++;
		view_own(view, item.resource, "2");
		view_own(view, item.scope, "2");
		if (signal == OTLP_METRICS) {
			view_own(view, item.metric, "579:;");
			bytes_addf(view, "%u", item.data_number);
			view_own(view, item.data, "1");
		}
		bytes_add(view, item.item);
	}
	return count;
}

static void require_view(const struct bytes *view, enum otlp_signal signal, const struct bytes *one,
			 const struct bytes *two)
{
	struct bytes got = {0};

	view_request(&got, signal, bytes_slice(one));
	view_request(&got, signal, bytes_slice(two));
	REQUIRE(!got.failed && slice_equal(bytes_slice(view), bytes_slice(&got)));
	bytes_free(&got);
}

static void try_split(enum otlp_signal signal, struct slice request, struct otlp_verdict whole,
		      size_t at, const struct bytes *view)
{
	struct bytes head = {0}, tail = {0};
	struct otlp_verdict first, second;
	size_t expected = at < whole.items ? at : whole.items;

	otlp_split(signal, request, at, &head, &tail);
	first = otlp_check(signal, bytes_slice(&head));
	second = otlp_check(signal, bytes_slice(&tail));
	REQUIRE(first.valid && first.items == expected);
	REQUIRE(second.valid && second.items == whole.items - expected);
	/* What is left out, because no item is in it, may have been the cause. */
	REQUIRE(whole.alone || (!first.alone && !second.alone));
	require_view(view, signal, &head, &tail);
	bytes_free(&head);
	bytes_free(&tail);
}

static void try_join(enum otlp_signal signal, struct slice request, struct otlp_verdict whole)
{
	struct bytes twice = {0};
	struct otlp_verdict got;

	bytes_add(&twice, request);
	bytes_add(&twice, request);
	got = otlp_check(signal, bytes_slice(&twice));
	REQUIRE(got.valid && got.alone == whole.alone && got.items == 2 * whole.items);
	bytes_free(&twice);
}

static struct otlp_attribute attribute(struct bytes *space, const char *key, const char *value)
{
	size_t mark;

	pb_put_len(space, 1, slice_str(key));
	mark = pb_begin(space, 2);
	pb_put_len(space, 1, slice_str(value));
	pb_end(space, mark);
	return (struct otlp_attribute){slice_str(key), bytes_slice(space)};
}

static bool has_key(struct slice resources, struct slice key)
{
	struct pb_reader outer = pb_read(resources), inner;
	struct pb_field field;

	while (pb_next(&outer, &field)) {
		if (field.number != 1 || field.type != PB_LEN)
			continue;
		inner = pb_read(field.value);
		while (pb_next(&inner, &field))
			if (field.number == 1 && slice_equal(pb_find(field.value, 1), key))
				return true;
	}
	return false;
}

static void try_enrich(enum otlp_signal signal, struct slice request, struct otlp_verdict whole)
{
	struct bytes space[3] = {{0}}, once = {0}, again = {0};
	struct otlp_attribute attributes[3];
	struct pb_reader r;
	struct pb_field field;
	struct otlp_verdict got;
	size_t i;

	attributes[0] = attribute(&space[0], "service.name", "fn");
	attributes[1] = attribute(&space[1], "a", "b");
	attributes[2] = attribute(&space[2], "cloud.provider", "aws");
	bytes_add(&once, request);
	otlp_enrich(&once, attributes, 3);
	got = otlp_check(signal, bytes_slice(&once));
	REQUIRE(got.valid && got.alone <= whole.alone && got.items == whole.items);
	r = pb_read(bytes_slice(&once));
	while (pb_next(&r, &field))
		for (i = 0; i < 3 && field.number == 1; i++)
			REQUIRE(has_key(field.value, attributes[i].key));
	bytes_add(&again, bytes_slice(&once));
	otlp_enrich(&again, attributes, 3);
	REQUIRE(slice_equal(bytes_slice(&once), bytes_slice(&again)));
	for (i = 0; i < 3; i++)
		bytes_free(&space[i]);
	bytes_free(&once);
	bytes_free(&again);
}

/* A reader that is not ours, where it takes the message (it knows no groups). */
static size_t foreign_traces(struct slice request, size_t count)
{
	Otlp__ExportTraceServiceRequest *m =
		otlp__export_trace_service_request__unpack(NULL, request.len, request.data);
	size_t i, k;

	for (i = 0, count = m ? 0 : count; m && i < m->n_resource_spans; i++)
		for (k = 0; k < m->resource_spans[i]->n_scope_spans; k++)
			count += m->resource_spans[i]->scope_spans[k]->n_spans;
	if (m)
		otlp__export_trace_service_request__free_unpacked(m, NULL);
	return count;
}

static size_t foreign_logs(struct slice request, size_t count)
{
	Otlp__ExportLogsServiceRequest *m =
		otlp__export_logs_service_request__unpack(NULL, request.len, request.data);
	size_t i, k;

	for (i = 0, count = m ? 0 : count; m && i < m->n_resource_logs; i++)
		for (k = 0; k < m->resource_logs[i]->n_scope_logs; k++)
			count += m->resource_logs[i]->scope_logs[k]->n_log_records;
	if (m)
		otlp__export_logs_service_request__free_unpacked(m, NULL);
	return count;
}

static void try_request(enum otlp_signal signal, struct slice request, size_t at)
{
	struct otlp_verdict whole = otlp_check(signal, request);
	struct bytes view = {0}, head = {0}, tail = {0};

	if (!whole.valid) {
		REQUIRE(whole.why && whole.items == 0 && !whole.alone);
		/* Nobody should, but it must not read or write where it may not. */
		otlp_split(signal, request, at, &head, &tail);
		bytes_add(&view, request);
		otlp_enrich(&view, NULL, 0);
		bytes_free(&view);
		bytes_free(&head);
		bytes_free(&tail);
		return;
	}
	REQUIRE(!whole.why);
	REQUIRE(view_request(&view, signal, request) == whole.items);
	try_split(signal, request, whole, at, &view);
	try_split(signal, request, whole, SIZE_MAX, &view);
	try_join(signal, request, whole);
	try_enrich(signal, request, whole);
	if (signal == OTLP_TRACES)
		REQUIRE(foreign_traces(request, whole.items) == whole.items);
	if (signal == OTLP_LOGS)
		REQUIRE(foreign_logs(request, whole.items) == whole.items);
	bytes_free(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= 2)
		try_request((enum otlp_signal)(data[0] % OTLP_SIGNALS),
			    slice_of(data + 2, size - 2), data[1]);
	return 0;
}
