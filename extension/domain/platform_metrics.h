/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform tells of init, restore and invocations, as metrics: faas.* with the names, units,
 * kinds and bounds of the OpenTelemetry Lambda collector, which are the semantic conventions', and
 * what these have no name for under lull.faas.*. Aggregated here from one request to the next. */
#ifndef DOMAIN_PLATFORM_METRICS_H
#define DOMAIN_PLATFORM_METRICS_H

#include "domain/invocations.h"

enum platform_count {
	COUNT_COLDSTARTS,
	COUNT_INVOCATIONS,
	COUNT_ERRORS,
	COUNT_TIMEOUTS,
	COUNT_OUT_OF_MEMORY,
};
#define PLATFORM_COUNTS 5

enum platform_distribution {
	DISTRIBUTION_INVOKE,
	DISTRIBUTION_INIT,
	DISTRIBUTION_MEMORY,
	DISTRIBUTION_BILLED,
	DISTRIBUTION_LATENCY,
	DISTRIBUTION_RESPONSE,
	DISTRIBUTION_PRODUCED,
	DISTRIBUTION_EXTENSION,
	DISTRIBUTION_RUNTIME,
	DISTRIBUTION_RESTORE,
};
#define PLATFORM_DISTRIBUTIONS 10

#define PLATFORM_BUCKETS 15

/* One value of a bucket, and the invocation it is of: its number in the table, 0: none. */
struct platform_exemplar {
	double value;
	uint64_t time;
	unsigned number;
};

struct platform_histogram {
	uint64_t count;
	double sum, min, max;
	uint64_t buckets[PLATFORM_BUCKETS];
	struct platform_exemplar exemplars[PLATFORM_BUCKETS]; /* since the last request */
};

struct platform_metrics {
	uint64_t start;          /* nanoseconds since 1970: when the counting began */
	uint64_t since;          /* delta: since the last request */
	bool delta;              /* else cumulative */
	bool changed;            /* since the last request */
	char initialization[32]; /* the type; empty: not known */
	uint64_t memory_size;    /* bytes; 0: not known */
	uint64_t counts[PLATFORM_COUNTS];
	struct platform_histogram histograms[PLATFORM_DISTRIBUTIONS];
};

/* `start` is the real time, in nanoseconds since 1970. */
void platform_metrics_init(struct platform_metrics *metrics, bool delta, uint64_t start);

/* Takes what the event says. `invocation` is the one it is of, or NULL; what is told of its end is taken
 * once: from platform.runtimeDone, or from platform.report where that never comes. */
void platform_metrics_event(struct platform_metrics *metrics, const struct telemetry_event *event,
			    const struct invocations *table, const struct invocation *invocation);

/* An invocation (or an init) ran out of memory: to be said once for each. */
void platform_metrics_out_of_memory(struct platform_metrics *metrics);

/* Appends a request with all that is known, if anything has changed since the last one, and begins the
 * next interval. Returns the number of data points; 0, and out->failed, where memory is short: then
 * nothing is forgotten. `time` is now, as above. */
size_t platform_metrics_make(struct platform_metrics *metrics, const struct invocations *table,
			     uint64_t time, struct bytes *out);

#endif
