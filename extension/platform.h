/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform tells becomes signals of lull's own: gathered while it comes, and put into the
 * store when data is exported anyway. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "domain/config.h"
#include "domain/platform_metrics.h"
#include "policy/store.h"

/* Where invocations follow each other closely their metrics go together: a request for each would cost
 * more than all else. */
#define PLATFORM_METRICS_INTERVAL (5 * NS_PER_S)

struct platform {
	const struct config *config;
	struct store *store;
	struct invocations *invocations;

	/* Private. */
	struct platform_metrics metrics;
	int64_t metrics_made; /* mono; INT64_MIN: never */
};

void platform_init(struct platform *platform, struct now now);

/* A platform event; `invocation` is the one it is of, or NULL. */
void platform_event(struct platform *platform, const struct telemetry_event *event,
		    const struct invocation *invocation);

/* Data is about to be exported: what is ready goes into the store. `all`: also what would better wait
 * for more, for there may be no later time. */
void platform_flush(struct platform *platform, bool all, struct now now);

#endif
