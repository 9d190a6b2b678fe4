/* SPDX-License-Identifier: Apache-2.0 */
/* Which metrics lull makes of what the platform tells: their names, and the bounds of the
 * histograms. */
#ifndef DOMAIN_PLATFORM_METRIC_NAMES_H
#define DOMAIN_PLATFORM_METRIC_NAMES_H

#include "domain/metric_request.h"

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

struct platform_bounds {
	struct metric_name name;
	const double *bounds; /* the upper ones of all buckets but the last */
	size_t count;
};

extern const struct metric_name platform_counts[PLATFORM_COUNTS];
extern const struct platform_bounds platform_distributions[PLATFORM_DISTRIBUTIONS];
extern const struct metric_name platform_memory_limit;

#endif
