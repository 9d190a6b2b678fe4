/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform tells of init, restore and invocations, as metrics: faas.* with the names,
 * units, kinds and bounds of the OpenTelemetry Lambda collector, which are the semantic
 * conventions', and what these have no name for under lull.faas.*. Aggregated here from one request
 * to the next. */
#ifndef DOMAIN_PLATFORM_METRICS_H
#define DOMAIN_PLATFORM_METRICS_H

#include "domain/invocations.h"
#include "domain/platform_metric_names.h"

/* One value of a bucket, and the invocation it is of: its number in the table; 0: none, or init. */
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

/* The data points of what was invoked in one way, as far as it was known when they were made. */
struct platform_series {
	bool used; /* anything is in it */
	uint64_t counts[PLATFORM_COUNTS];
	struct platform_histogram histograms[PLATFORM_DISTRIBUTIONS];
};

/* One that counts, or a value, as Lambda told it: in which points it goes is settled when these are
 * made, for the span that says what invoked the function may come after the end is told. */
struct platform_told {
	bool counts;
	unsigned what;             /* enum platform_count or platform_distribution */
	enum faas_trigger trigger; /* as far as it is known: where its invocation has given way */
	struct platform_exemplar exemplar;
};

/* Those of about ten invocations; where there are more they are settled at once. */
#define PLATFORM_TOLD 96

struct platform_metrics {
	uint64_t start;          /* nanoseconds since 1970: when the counting began */
	uint64_t since;          /* delta: since the last request */
	bool delta;              /* else cumulative */
	bool changed;            /* since the last request */
	char initialization[32]; /* the type; empty: not known */
	uint64_t memory_size;    /* bytes; 0: not known */
	struct platform_told told[PLATFORM_TOLD];
	unsigned told_count;
	struct platform_series series[FAAS_TRIGGERS];
	/* The spans of the last init and restore, to which their exemplars lead; {0}: none is made
	 * yet. The owner's to set. */
	struct trace_context init, restore;
};

/* `start` is the real time, in nanoseconds since 1970. */
void platform_metrics_init(struct platform_metrics *metrics, bool delta, uint64_t start);

/* How the environment was initialised, as its variables say it; what the platform tells holds.
 * Nothing where `type` is empty. */
void platform_metrics_initialization(struct platform_metrics *metrics, struct slice type);

/* Takes what the event says. `invocation` is the one it is of, or NULL; what is told of its end is
 * taken once: from platform.runtimeDone, or from platform.report where that never comes. */
void platform_metrics_event(struct platform_metrics *metrics, const struct telemetry_event *event,
			    const struct invocations *table, const struct invocation *invocation);

/* That invocation ran out of memory, or an init (NULL): to be said once for each. */
void platform_metrics_out_of_memory(struct platform_metrics *metrics,
				    const struct invocations *table,
				    const struct invocation *invocation);

/* Puts all that was told in its points, by the triggers that are known now. */
void platform_metrics_settle(struct platform_metrics *metrics, const struct invocations *table);

/* Appends a request with all that is known, if anything has changed since the last one, and begins
 * the next interval. Returns the number of data points; 0, and out->failed, where memory is short:
 * then nothing is forgotten. `time` is now, as above. */
size_t platform_metrics_make(struct platform_metrics *metrics, const struct invocations *table,
			     uint64_t time, struct bytes *out);

#endif
