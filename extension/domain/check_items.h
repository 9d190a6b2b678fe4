/* SPDX-License-Identifier: Apache-2.0 */
/* What `lull --check --send` sends: a span, a log record of that span and a data point. */
#ifndef DOMAIN_CHECK_ITEMS_H
#define DOMAIN_CHECK_ITEMS_H

#include "domain/resource.h"
#include "domain/trace_context.h"

/* The name of the span and of the metric. */
#define CHECK_SPAN "lull --check --send"
#define CHECK_METRIC "lull.check"

struct check_items {
	struct trace_context trace; /* of the span, which the log record names */
	int64_t time;               /* nanoseconds since 1970 */
	bool delta;                 /* the metric's temporality; else cumulative */
	const struct resource *resource;
};

/* An Export*ServiceRequest of that signal with its one item, to `out`, which is {0}. False where
 * memory is short. */
bool check_item_make(const struct check_items *items, enum otlp_signal signal, struct bytes *out);

#endif
