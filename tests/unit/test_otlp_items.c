/* SPDX-License-Identifier: Apache-2.0 */
/* Items: the walk down to them, and requests made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector_logs.pb-c.h"
#include "collector_metrics.pb-c.h"
#include "collector_trace.pb-c.h"
#include "guard.h"
#include "otlp_count.h"
#include "otlp_make.h"
#include "short_memory.h"
#include "wire/otlp.h"

/* As a reader and writer that is not ours puts it: fields in the order of their numbers, what is
 * unknown behind them. */
static struct bytes canonical(enum otlp_signal signal, struct slice request)
{
	static const ProtobufCMessageDescriptor *const descriptors[OTLP_SIGNALS] = {
		[OTLP_TRACES] = &otlp__export_trace_service_request__descriptor,
		[OTLP_LOGS] = &otlp__export_logs_service_request__descriptor,
		[OTLP_METRICS] = &otlp__export_metrics_service_request__descriptor,
	};
	ProtobufCMessage *m = protobuf_c_message_unpack(descriptors[signal], NULL, request.len,
							request.data);
	struct bytes out = {0};

	assert_non_null(m);
	assert_true(bytes_reserve(&out, protobuf_c_message_get_packed_size(m) + 1));
	out.len = protobuf_c_message_pack(m, out.data);
	protobuf_c_message_free_unpacked(m, NULL);
	return out;
}

static void require_same(enum otlp_signal signal, const struct bytes *a, const struct bytes *b)
{
	struct bytes x = canonical(signal, bytes_slice(a)), y = canonical(signal, bytes_slice(b));

	assert_true(slice_equal(bytes_slice(&x), bytes_slice(&y)));
	bytes_free(&x);
	bytes_free(&y);
}

static void write_all(struct otlp_writer *w, struct slice request)
{
	struct otlp_iter iter = otlp_items(w->signal, request);
	struct otlp_item item;

	while (otlp_next(&iter, &item))
		otlp_write_item(w, &item);
}

/* Walked and written again it is the same message. */
static void test_rewrite(void **state)
{
	uint32_t seed;

	(void)state;
	for (seed = 0; seed < 300; seed++) {
		enum otlp_signal signal = (enum otlp_signal)(seed % OTLP_SIGNALS);
		struct bytes request = {0}, out = {0};
		struct otlp_writer w = otlp_write(signal, &out);

		make_request(signal, seed, true, &request);
		write_all(&w, guard_put(bytes_slice(&request)));
		otlp_write_end(&w);
		require_same(signal, &request, &out);
		bytes_free(&request);
		bytes_free(&out);
	}
}

/* Several requests in one go, behind what is in `out`: as if they were joined. */
static void test_rewrite_joined(void **state)
{
	struct bytes one = {0}, two = {0}, both = {0}, out = {0};
	struct otlp_writer w = otlp_write(OTLP_METRICS, &out);

	(void)state;
	make_request(OTLP_METRICS, 1, true, &one);
	make_request(OTLP_METRICS, 2, true, &two);
	bytes_add(&both, bytes_slice(&one));
	bytes_add(&both, bytes_slice(&two));
	bytes_add(&both, bytes_slice(&one));
	bytes_add(&out, bytes_slice(&one));
	write_all(&w, bytes_slice(&two));
	write_all(&w, bytes_slice(&one));
	otlp_write_end(&w);
	require_same(OTLP_METRICS, &both, &out);
	bytes_free(&one);
	bytes_free(&two);
	bytes_free(&both);
	bytes_free(&out);
}

/* A metric as a sender may write it: fields behind the points, and two kinds of data. */
static struct bytes odd_metrics(void)
{
	struct bytes b = {0};
	size_t resource = pb_begin(&b, 1), scope = pb_begin(&b, 2), metric = pb_begin(&b, 2), data;

	data = pb_begin(&b, 7);
	pb_put_len(&b, 1, slice_str("\x40\x01"));
	pb_put_len(&b, 1, slice_str("\x40\x02"));
	pb_put_tag(&b, 2, PB_VARINT);
	pb_put_varint(&b, 2);
	pb_end(&b, data);
	pb_put_len(&b, 1, slice_str("name"));
	data = pb_begin(&b, 5);
	pb_put_len(&b, 1, slice_str("\x40\x03"));
	pb_end(&b, data);
	pb_put_len(&b, 3, slice_str("By"));
	pb_end(&b, metric);
	pb_put_len(&b, 3, slice_str("scope-url"));
	pb_end(&b, scope);
	pb_put_len(&b, 3, slice_str("resource-url"));
	pb_end(&b, resource);
	return b;
}

static void test_walk(void **state)
{
	static const struct {
		uint32_t data_number;
		const char *item;
		size_t data_len;
	} expected[] = {{7, "\x40\x01", 10}, {7, "\x40\x02", 10}, {5, "\x40\x03", 4}};
	struct bytes request = odd_metrics();
	struct otlp_iter iter = otlp_items(OTLP_METRICS, guard_put(bytes_slice(&request)));
	struct otlp_item item;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_true(otlp_next(&iter, &item));
		assert_true(slice_is(pb_find(item.resource, 3), "resource-url"));
		assert_true(slice_is(pb_find(item.scope, 3), "scope-url"));
		assert_true(slice_is(pb_find(item.metric, 1), "name"));
		assert_int_equal(item.data_number, expected[i].data_number);
		assert_int_equal(item.data.len, expected[i].data_len);
		assert_true(slice_is(item.item, expected[i].item));
	}
	assert_false(otlp_next(&iter, &item));
	assert_false(otlp_next(&iter, &item));
	assert_int_equal(otlp_count(OTLP_METRICS, bytes_slice(&request)), 3);
	assert_int_equal(otlp_count(OTLP_METRICS, (struct slice){NULL, 0}), 0);
	bytes_free(&request);
}

static size_t count_text(const struct bytes *b, const char *text)
{
	struct slice rest = bytes_slice(b);
	const uint8_t *p;
	size_t count = 0;

	while ((p = slice_find(rest, slice_str(text)))) {
		rest = slice_of(p + 1, (size_t)(b->data + b->len - p - 1));
		count++;
	}
	return count;
}

static void test_odd_metrics_split(void **state)
{
	struct bytes request = odd_metrics();
	size_t at;

	(void)state;
	for (at = 0; at <= 4; at++) {
		struct bytes parts[2] = {{0}};
		struct otlp_item item;
		size_t i, items = 0;

		otlp_split(OTLP_METRICS, bytes_slice(&request), at, &parts[0], &parts[1]);
		for (i = 0; i < 2; i++) {
			struct otlp_iter iter = otlp_items(OTLP_METRICS, bytes_slice(&parts[i]));

			while (otlp_next(&iter, &item)) {
				items++;
				assert_true(slice_is(pb_find(item.resource, 3), "resource-url"));
				assert_true(slice_is(pb_find(item.scope, 3), "scope-url"));
				assert_true(slice_is(pb_find(item.metric, 1), "name"));
				assert_true(slice_is(pb_find(item.metric, 3), "By"));
				/* aggregation_temporality, of the sum only */
				assert_int_equal(slice_find(item.data, slice_str("\x10\x02")) !=
							 NULL,
						 item.data_number == 7);
			}
		}
		assert_int_equal(items, 3);
		/* Whole it stays one Metric. */
		if (at == 0)
			assert_int_equal(count_text(&parts[1], "name"), 1);
		bytes_free(&parts[0]);
		bytes_free(&parts[1]);
	}
	bytes_free(&request);
}

/* Every index of larger requests; joined again they are what they were. */
static void test_every_split(void **state)
{
	int signal;

	(void)state;
	for (signal = 0; signal < OTLP_SIGNALS; signal++) {
		enum otlp_signal s = (enum otlp_signal)signal;
		struct bytes request = {0};
		uint32_t seed;
		size_t count, at;

		for (seed = 0; seed < 12; seed++)
			make_request(s, seed, true, &request);
		count = otlp_count(s, bytes_slice(&request));
		assert_true(count > 30);
		for (at = 0; at <= count; at++) {
			struct bytes head = {0}, tail = {0};

			otlp_split(s, bytes_slice(&request), at, &head, &tail);
			assert_int_equal(otlp_count(s, bytes_slice(&head)), at);
			assert_int_equal(otlp_count(s, bytes_slice(&tail)), count - at);
			if (at == 0)
				require_same(s, &request, &tail);
			if (at == count)
				require_same(s, &request, &head);
			assert_int_equal(at == 0, head.len == 0);
			assert_int_equal(at == count, tail.len == 0);
			bytes_free(&head);
			bytes_free(&tail);
		}
		bytes_free(&request);
	}
}

/* Choosing some and changing some: what sampling and log joining do. */
static void test_choose_and_change(void **state)
{
	struct bytes request = {0}, out = {0}, longer = {0};
	struct otlp_writer w = otlp_write(OTLP_LOGS, &out);
	struct otlp_iter iter;
	struct otlp_item item;
	size_t i, chosen = 0;
	uint32_t seed;

	(void)state;
	for (seed = 0; seed < 60; seed++)
		make_request(OTLP_LOGS, seed, false, &request);
	iter = otlp_items(OTLP_LOGS, bytes_slice(&request));
	for (i = 0; otlp_next(&iter, &item); i++) {
		if (i % 3 == 0)
			continue;
		longer.len = 0;
		bytes_add(&longer, item.item);
		pb_put_len(&longer, 12, slice_str("a name that was not there before"));
		item.item = bytes_slice(&longer);
		otlp_write_item(&w, &item);
		chosen++;
	}
	otlp_write_end(&w);
	assert_true(i > 30);
	assert_true(otlp_check(OTLP_LOGS, bytes_slice(&out)).valid);
	assert_int_equal(otlp_count(OTLP_LOGS, bytes_slice(&out)), chosen);
	iter = otlp_items(OTLP_LOGS, bytes_slice(&out));
	while (otlp_next(&iter, &item))
		assert_true(slice_is(pb_find(item.item, 12), "a name that was not there before"));
	bytes_free(&request);
	bytes_free(&longer);
	bytes_free(&out);
}

/* Items that share their ancestors are written with them once. */
static void test_shares_ancestors(void **state)
{
	struct bytes request = {0}, out = {0};
	struct otlp_writer w = otlp_write(OTLP_TRACES, &out);
	size_t resource = pb_begin(&request, 1), scope = pb_begin(&request, 2);
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		pb_put_len(&request, 2, slice_str("\x30\x01"));
	pb_end(&request, scope);
	pb_end(&request, resource);
	write_all(&w, bytes_slice(&request));
	otlp_write_end(&w);
	assert_true(slice_equal(bytes_slice(&request), bytes_slice(&out)));
	/* None: nothing. */
	out.len = 0;
	w = otlp_write(OTLP_TRACES, &out);
	otlp_write_end(&w);
	assert_int_equal(out.len, 0);
	bytes_free(&request);
	bytes_free(&out);
}

/* What stands around the items of a request is looked for once, however many requests are made of
 * it, and not once for each of them: the walk is as long as the request. */
static void test_around_is_read_once(void **state)
{
	struct bytes request = odd_metrics(), first = {0}, second = {0}, third = {0}, fresh = {0};
	struct otlp_iter iter = otlp_items(OTLP_METRICS, bytes_slice(&request));
	struct otlp_writer w = otlp_write(OTLP_METRICS, &first);
	struct otlp_around around = {0};
	struct otlp_item item;
	uint8_t *url;

	(void)state;
	w.around = &around;
	assert_true(otlp_next(&iter, &item));
	otlp_write_item(&w, &item);
	otlp_write_end(&w);
	url = memmem(request.data, request.len, "scope-url", 9);
	assert_non_null(url);
	memcpy(url, "never-see", 9);
	assert_true(otlp_next(&iter, &item));
	w.out = &second;
	otlp_write_item(&w, &item);
	otlp_write_end(&w);
	memcpy(url, "scope-url", 9);
	assert_non_null(memmem(second.data, second.len, "scope-url", 9));
	assert_null(memmem(second.data, second.len, "never-see", 9));
	assert_int_equal(otlp_count(OTLP_METRICS, bytes_slice(&second)), 1);
	/* Other ancestors are others: the third point stands in another kind of data. */
	assert_true(otlp_next(&iter, &item));
	w.out = &third;
	otlp_write_item(&w, &item);
	otlp_write_end(&w);
	w = otlp_write(OTLP_METRICS, &fresh);
	otlp_write_item(&w, &item);
	otlp_write_end(&w);
	assert_true(slice_equal(bytes_slice(&third), bytes_slice(&fresh)));
	otlp_around_free(&around);
	bytes_free(&request);
	bytes_free(&first);
	bytes_free(&second);
	bytes_free(&third);
	bytes_free(&fresh);
}

static void test_short_memory(void **state)
{
	struct bytes request = {0};
	int fail_at;

	(void)state;
	make_request(OTLP_METRICS, 3, true, &request);
	for (fail_at = 1; fail_at < 1000; fail_at++) {
		struct bytes head = {0}, tail = {0};
		bool failed;

		short_memory_at = fail_at;
		otlp_split(OTLP_METRICS, bytes_slice(&request), 3, &head, &tail);
		failed = head.failed || tail.failed;
		assert_int_equal(failed, short_memory_at == 0);
		bytes_free(&head);
		bytes_free(&tail);
		if (!failed)
			break;
	}
	short_memory_at = 0;
	assert_in_range(fail_at, 5, 100);
	bytes_free(&request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rewrite),
		cmocka_unit_test(test_rewrite_joined),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_odd_metrics_split),
		cmocka_unit_test(test_every_split),
		cmocka_unit_test(test_choose_and_change),
		cmocka_unit_test(test_shares_ancestors),
		cmocka_unit_test(test_around_is_read_once),
		cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
