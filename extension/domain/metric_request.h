/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics that lull makes itself, on their way into one ExportMetricsServiceRequest. */
#ifndef DOMAIN_METRIC_REQUEST_H
#define DOMAIN_METRIC_REQUEST_H

#include "base/arena.h"
#include "metrics.pb-c.h"

#define METRIC_REQUEST_METRICS 32

/* {.start, .time} is empty. */
struct metric_request {
	uint64_t start; /* nanoseconds since 1970: of the points that are added next */
	uint64_t time;  /* the same */
	bool delta;     /* the sums and histograms that are added next are; else cumulative */

	/* Private. */
	struct arena arena;
	Otlp__Metric *metrics[METRIC_REQUEST_METRICS];
	size_t count;
	size_t points;
};

/* What a metric is called: constants, borrowed. */
struct metric_name {
	const char *name;
	const char *unit;
	const char *description;
};

/* A metric with room for `most` data points. One that is not monotonic is cumulative in any case.
 * NULL where memory is short, which metric_request_finish() says. */
Otlp__Sum *metric_sum(struct metric_request *request, const struct metric_name *name,
		      bool monotonic, size_t most);
Otlp__Histogram *metric_histogram(struct metric_request *request, const struct metric_name *name,
				  size_t most);

/* A data point with room for `attributes` of them, to be filled in. NULL where memory is short. */
Otlp__NumberDataPoint *metric_number(struct metric_request *request, Otlp__Sum *sum,
				     uint64_t number, size_t attributes);
Otlp__HistogramDataPoint *metric_distribution(struct metric_request *request,
					      Otlp__Histogram *histogram, size_t attributes);

/* Appends the request without a resource, frees all of it and leaves {0}. Returns the number of
 * data points; 0, and out->failed, where memory is short. */
size_t metric_request_finish(struct metric_request *request, struct bytes *out);

#endif
