/* SPDX-License-Identifier: Apache-2.0 */
#include "platform.h"

#include <string.h>
#include <strings.h>

#include "domain/join_children.h"
#include "domain/platform_logs.h"

void platform_init(struct platform *p, struct now now)
{
	platform_metrics_init(&p->metrics, p->config->temporality != TEMPORALITY_CUMULATIVE,
			      (uint64_t)now.real);
	platform_metrics_initialization(&p->metrics, p->initialization);
	p->metrics_made = INT64_MIN;
	p->tracing = (struct platform_tracing){
		.config = p->config,
		.store = p->store,
		.invocations = p->invocations,
		.function = p->function,
		.runtime_api = p->runtime_api,
	};
}

static void add_log(struct platform *p, const struct telemetry_event *event,
		    const struct invocation *invocation)
{
	struct otlp_verdict verdict = {.valid = true};
	struct trace_context trace = {0};
	struct bytes message = {0};
	struct now now = now_read();

	if (!store_takes(p->store, OTLP_LOGS))
		return;
	if (invocation)
		invocations_trace(p->invocations, invocation, &trace);
	verdict.items = platform_logs_make(event, p->config->platform_logs, &trace,
					   (uint64_t)now.real, &message);
	if (message.failed)
		store_lost(p->store, OTLP_LOGS, verdict.items);
	else
		store_accept_own_lines(p->store, &message, &verdict, now);
	bytes_free(&message);
}

void platform_event(struct platform *p, const struct telemetry_event *event,
		    const struct invocation *invocation)
{
	add_log(p, event, invocation);
	platform_metrics_event(&p->metrics, event, p->invocations, invocation);
	if (tracing_event(&p->tracing, event, invocation))
		platform_metrics_out_of_memory(&p->metrics, p->invocations, invocation);
}

void platform_line(struct platform *p, const struct telemetry_event *event,
		   const struct invocation *invocation)
{
	if (tracing_line(&p->tracing, event, invocation))
		platform_metrics_out_of_memory(&p->metrics, p->invocations, invocation);
}

void platform_near_deadline(struct platform *p, const char *request_id)
{
	struct invocation *invocation = invocations_find(p->invocations, slice_str(request_id));

	if (!invocation || invocation->outcome != INVOCATION_RUNS)
		return;
	tracing_keep_words(&p->tracing, invocation);
	/* Its lines go out now. */
	join_by_children(p->invocations, invocation);
}

void platform_restored(struct platform *p, struct now now)
{
	p->metrics.start = p->metrics.since = (uint64_t)now.real;
}

static enum outcome_of_invocation outcome_of(struct slice reason)
{
	static const struct {
		const char *reason;
		enum outcome_of_invocation outcome;
	} words[] = {{"timeout", INVOCATION_TIMEOUT}, {"failure", INVOCATION_FAILURE}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (reason.len == strlen(words[i].reason) &&
		    strncasecmp((const char *)reason.data, words[i].reason, reason.len) == 0)
			return words[i].outcome;
	return INVOCATION_RUNS;
}

static bool runs(const struct invocation *invocation)
{
	return invocation->request_id[0] && invocation->outcome == INVOCATION_RUNS;
}

void platform_shutdown(struct platform *p, struct slice reason)
{
	p->at_shutdown = outcome_of(reason);
	for (size_t i = 0; p->at_shutdown != INVOCATION_RUNS && i < INVOCATIONS; i++)
		if (runs(&p->invocations->ring[i]))
			tracing_keep_words(&p->tracing, &p->invocations->ring[i]);
}

static void end_what_runs(struct platform *p, struct now now)
{
	for (size_t i = 0; i < INVOCATIONS; i++) {
		struct invocation *invocation = &p->invocations->ring[i];

		if (!runs(invocation))
			continue;
		invocation->outcome = p->at_shutdown;
		invocation->end = (uint64_t)now.real;
		if (tracing_ended(&p->tracing, invocation))
			platform_metrics_out_of_memory(&p->metrics, p->invocations, invocation);
	}
}

static void flush_metrics(struct platform *p, bool all, struct now now)
{
	struct otlp_verdict verdict = {.valid = true};
	struct bytes message = {0};

	if (!p->config->platform_metrics || !store_takes(p->store, OTLP_METRICS) ||
	    (!all && p->metrics_made != INT64_MIN &&
	     now.mono - p->metrics_made < PLATFORM_METRICS_INTERVAL))
		return;
	p->metrics.init = p->tracing.init.span;
	p->metrics.restore = p->tracing.restore.span;
	verdict.items = platform_metrics_make(&p->metrics, p->invocations, (uint64_t)now.real,
					      &message);
	if (verdict.items == 0)
		return;
	p->metrics_made = now.mono;
	store_accept_own(p->store, OTLP_METRICS, &message, &verdict, now);
}

void platform_flush(struct platform *p, bool all, struct now now)
{
	if (p->at_shutdown != INVOCATION_RUNS)
		end_what_runs(p, now);
	tracing_flush(&p->tracing, all, now);
	flush_metrics(p, all, now);
}

void platform_free(struct platform *p)
{
	tracing_free(&p->tracing);
}
