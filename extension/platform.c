/* SPDX-License-Identifier: Apache-2.0 */
#include "platform.h"

void platform_init(struct platform *p, struct now now)
{
	platform_metrics_init(&p->metrics, p->config->temporality != TEMPORALITY_CUMULATIVE,
			      (uint64_t)now.real);
	p->metrics_made = INT64_MIN;
}

void platform_event(struct platform *p, const struct telemetry_event *event,
		    const struct invocation *invocation)
{
	platform_metrics_event(&p->metrics, event, p->invocations, invocation);
}

static void flush_metrics(struct platform *p, bool all, struct now now)
{
	struct otlp_verdict verdict = {.valid = true};
	struct bytes message = {0};

	if (!p->config->platform_metrics || !store_takes(p->store, OTLP_METRICS) ||
	    (!all && p->metrics_made != INT64_MIN &&
	     now.mono - p->metrics_made < PLATFORM_METRICS_INTERVAL))
		return;
	verdict.items = platform_metrics_make(&p->metrics, p->invocations, (uint64_t)now.real,
					      &message);
	if (verdict.items == 0)
		return;
	p->metrics_made = now.mono;
	store_accept(p->store, OTLP_METRICS, &message, &verdict, now);
}

void platform_flush(struct platform *p, bool all, struct now now)
{
	flush_metrics(p, all, now);
}
