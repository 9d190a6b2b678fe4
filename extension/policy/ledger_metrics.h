/* SPDX-License-Identifier: Apache-2.0 */
/* The books as OTLP metrics: lull's own (LULL_SELF_METRICS). */
#ifndef POLICY_LEDGER_METRICS_H
#define POLICY_LEDGER_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "policy/ledger.h"

/* Appends an ExportMetricsServiceRequest without a resource: lull.items.received, .inherited,
 * .exported, .dropped (with a `reason`) and .possible_duplicates as monotonic sums, .held and
 * .spooled as sums that are not, all cumulative, in {item}, with the `signal`. Reasons that never
 * came up are left out. `start` is when the counting began and `time` is now, in nanoseconds since
 * 1970. Returns the number of data points; 0, and out->failed, where memory is short. */
size_t ledger_metrics(const struct ledger_books *books, size_t count, uint64_t start, uint64_t time,
		      struct bytes *out);

#endif
