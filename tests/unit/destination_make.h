/* SPDX-License-Identifier: Apache-2.0 */
/* Destinations with payloads in them. Takes payload.c's place, so that its allocations can be made
 * to fail (short_heap_at). */
#ifndef TESTS_UNIT_DESTINATION_MAKE_H
#define TESTS_UNIT_DESTINATION_MAKE_H

#include <string.h>

#include "short_heap.h"

#include "domain/payload.c"

#include "numbered.h"
#include "settle.h"

static const struct now now = {.mono = 1000 * NS_PER_S};
static size_t held;
static const struct export_settings anywhere[OTLP_SIGNALS];

/* One more payload at the end of its queue, received. */
static inline struct payload *put(struct destination *d, enum otlp_signal signal,
				  struct bytes *message, size_t items, int64_t arrived)
{
	int failing = short_heap_at;
	struct payload *p;

	short_heap_at = 0;
	p = payload_new(signal, message, items, arrived, &held);
	assert_non_null(p);
	assert_true(payload_list_push(&d->queue[signal], p));
	short_heap_at = failing;
	d->account[signal].received += items;
	return p;
}

/* With so many bytes, which are no request. */
static inline struct payload *put_bytes(struct destination *d, size_t bytes, size_t items)
{
	struct bytes message = {0};

	assert_true(bytes_reserve(&message, bytes));
	memset(message.data, 'x', bytes);
	message.len = bytes;
	return put(d, OTLP_LOGS, &message, items, 0);
}

static inline struct payload *put_items(struct destination *d, enum otlp_signal signal,
					uint64_t first, size_t count)
{
	struct bytes message = {0};

	numbered_request(signal, first, count, 0, 10, &message);
	return put(d, signal, &message, count, (int64_t)first);
}

static inline void require_closed(const struct destination *d)
{
	unsigned s;

	for (s = 0; s < OTLP_SIGNALS; s++)
		assert_true(
			ledger_closes(&d->account[s], destination_held(d, (enum otlp_signal)s)));
}

static inline void end(struct destination *d)
{
	require_closed(d);
	destination_free(d);
	assert_int_equal(held, 0);
}

#endif
