/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/platform_metrics.h"

#include <stdio.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (1 << 20)

/* Where in a record a value stands, and where it goes. */
static const struct fact {
	bool (*find)(const struct telemetry_event *event, const char *key, double *value);
	const char *key;
	double unit; /* seconds, bytes */
	enum event_type event;
	enum platform_distribution to;
} facts[] = {
	{telemetry_metric, "durationMs", 1e-3, EVENT_INIT_REPORT, DISTRIBUTION_INIT},
	{telemetry_metric, "durationMs", 1e-3, EVENT_RESTORE_REPORT, DISTRIBUTION_RESTORE},
	{telemetry_metric, "durationMs", 1e-3, EVENT_RUNTIME_DONE, DISTRIBUTION_INVOKE},
	{telemetry_metric, "producedBytes", 1, EVENT_RUNTIME_DONE, DISTRIBUTION_PRODUCED},
	{telemetry_span, "responseLatency", 1e-3, EVENT_RUNTIME_DONE, DISTRIBUTION_LATENCY},
	{telemetry_span, "responseDuration", 1e-3, EVENT_RUNTIME_DONE, DISTRIBUTION_RESPONSE},
	{telemetry_span, "runtimeOverhead", 1e-3, EVENT_RUNTIME_DONE, DISTRIBUTION_RUNTIME},
	{telemetry_metric, "billedDurationMs", 1e-3, EVENT_REPORT, DISTRIBUTION_BILLED},
	{telemetry_metric, "maxMemoryUsedMB", MIB, EVENT_REPORT, DISTRIBUTION_MEMORY},
	{telemetry_span, "extensionOverhead", 1e-3, EVENT_REPORT, DISTRIBUTION_EXTENSION},
};

static const struct {
	const char *status;
	enum platform_count count;
} outcomes[] = {
	{"success", COUNT_INVOCATIONS},
	{"failure", COUNT_ERRORS},
	{"error", COUNT_ERRORS},
	{"timeout", COUNT_TIMEOUTS},
};

/* ---- Settled ---- */

static void put_value(struct platform_histogram *h, const struct platform_bounds *bounds,
		      const struct platform_exemplar *exemplar)
{
	double value = exemplar->value;
	size_t bucket = 0;

	while (bucket < bounds->count && value > bounds->bounds[bucket])
		bucket++;
	h->min = h->count == 0 || value < h->min ? value : h->min;
	h->max = h->count == 0 || value > h->max ? value : h->max;
	h->sum += value;
	h->count++;
	h->buckets[bucket]++;
	h->exemplars[bucket] = *exemplar;
}

void platform_metrics_settle(struct platform_metrics *m, const struct invocations *table)
{
	for (unsigned i = 0; i < m->told_count; i++) {
		const struct platform_told *told = &m->told[i];
		const struct invocation *invocation = invocations_at(table, told->exemplar.number);
		struct platform_series *series =
			&m->series[invocation ? invocation->trigger : told->trigger];

		if (told->counts)
			series->counts[told->what]++;
		else
			put_value(&series->histograms[told->what],
				  &platform_distributions[told->what], &told->exemplar);
		series->used = true;
	}
	m->told_count = 0;
}

/* ---- Told ---- */

/* What an event is of. */
struct source {
	struct platform_metrics *metrics;
	const struct invocations *table;
	const struct invocation *invocation; /* or NULL */
	uint64_t time;
};

static struct platform_told *note(const struct source *from, unsigned what)
{
	const struct invocation *invocation = from->invocation;
	struct platform_metrics *m = from->metrics;
	struct platform_told *told;

	if (m->told_count == PLATFORM_TOLD)
		platform_metrics_settle(m, from->table);
	told = &m->told[m->told_count++];
	*told = (struct platform_told){.what = what, .exemplar.time = from->time};
	if (invocation) {
		told->trigger = invocation->trigger;
		told->exemplar.number = invocations_number(from->table, invocation);
	}
	m->changed = true;
	return told;
}

static void count(const struct source *from, enum platform_count what)
{
	note(from, what)->counts = true;
}

static void record(const struct source *from, enum platform_distribution to, double value)
{
	note(from, to)->exemplar.value = value;
}

/* `as`: the event whose facts these are. */
static void take_facts(const struct source *from, const struct telemetry_event *event,
		       enum event_type as)
{
	double value;

	for (size_t i = 0; i < LENGTH(facts); i++)
		if (facts[i].event == as && facts[i].find(event, facts[i].key, &value))
			record(from, facts[i].to, value * facts[i].unit);
}

/* A success of `init` is none of an invocation. */
static void take_outcome(const struct source *from, const struct telemetry_event *event, bool init)
{
	struct slice status = telemetry_string(event, "status");

	for (size_t i = 0; i < LENGTH(outcomes); i++)
		if (slice_is(status, outcomes[i].status) &&
		    !(init && outcomes[i].count == COUNT_INVOCATIONS))
			count(from, outcomes[i].count);
}

void platform_metrics_initialization(struct platform_metrics *m, struct slice type)
{
	if (type.len > 0 && type.len < sizeof m->initialization)
		snprintf(m->initialization, sizeof m->initialization, "%.*s", (int)type.len,
			 (const char *)type.data);
}

static void take_memory_size(struct platform_metrics *m, const struct telemetry_event *event)
{
	double megabytes;

	if (telemetry_metric(event, "memorySizeMB", &megabytes) && megabytes < MIB)
		m->memory_size = (uint64_t)megabytes * MIB;
}

/* Managed Instances have no platform.runtimeDone. */
static bool is_end(const struct telemetry_event *event, const struct invocations *table,
		   const struct invocation *invocation)
{
	return event->type == EVENT_RUNTIME_DONE ||
	       (event->type == EVENT_REPORT &&
		(table->concurrent || (invocation && !invocation->done)));
}

void platform_metrics_event(struct platform_metrics *m, const struct telemetry_event *event,
			    const struct invocations *table, const struct invocation *invocation)
{
	const struct source from = {m, table, invocation, event->time_unix_nano};

	switch (event->type) {
	case EVENT_INIT_START:
		platform_metrics_initialization(m, telemetry_string(event, "initializationType"));
		count(&from, COUNT_COLDSTARTS);
		break;
	case EVENT_INIT_REPORT:
		take_facts(&from, event, EVENT_INIT_REPORT);
		take_outcome(&from, event, true);
		break;
	case EVENT_RESTORE_REPORT:
		take_facts(&from, event, EVENT_RESTORE_REPORT);
		break;
	case EVENT_REPORT:
		take_facts(&from, event, EVENT_REPORT);
		take_memory_size(m, event);
		break;
	default:
		break;
	}
	if (is_end(event, table, invocation)) {
		take_facts(&from, event, EVENT_RUNTIME_DONE);
		take_outcome(&from, event, false);
	}
}

void platform_metrics_out_of_memory(struct platform_metrics *m, const struct invocations *table,
				    const struct invocation *invocation)
{
	const struct source from = {.metrics = m, .table = table, .invocation = invocation};

	count(&from, COUNT_OUT_OF_MEMORY);
}

void platform_metrics_init(struct platform_metrics *m, bool delta, uint64_t start)
{
	*m = (struct platform_metrics){.delta = delta, .start = start, .since = start};
}
