/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/platform_metrics.h"

#include <stdio.h>
#include <string.h>

#include "domain/metric_request.h"
#include "domain/value.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (1 << 20)

/* What the conventions have no name for is ours to name, and stays out of their namespaces
 * (semantic conventions, "Recommendations for Application Developers"). */
static const struct metric_name counts[PLATFORM_COUNTS] = {
	[COUNT_COLDSTARTS] = {"faas.coldstarts", "{coldstart}",
			      "Number of invocation cold starts."},
	[COUNT_INVOCATIONS] = {"faas.invocations", "{invocation}",
			       "Number of successful invocations."},
	[COUNT_ERRORS] = {"faas.errors", "{error}", "Number of invocation errors."},
	[COUNT_TIMEOUTS] = {"faas.timeouts", "{timeout}", "Number of invocation timeouts."},
	[COUNT_OUT_OF_MEMORY] = {"lull.faas.out_of_memory", "{invocation}",
				 "Number of invocations that ran out of memory."},
};

static const struct metric_name memory_limit = {"lull.faas.memory.limit", "By",
						"Memory that the function has."};

/* Upper bounds of all buckets but the last. */
static const double seconds[] = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
				 0.5,   0.75, 1,     2.5,  5,     7.5, 10};
static const double memory[] = {16 * MIB,     32 * MIB,     64 * MIB,    128 * MIB,    256 * MIB,
				512 * MIB,    768 * MIB,    1024 * MIB,  2048.0 * MIB, 3072.0 * MIB,
				4096.0 * MIB, 6144.0 * MIB, 8192.0 * MIB};
/* To the 6 MB of a response, and the 200 MB of a streamed one. */
static const double response[] = {256,       1 << 10,  4 << 10,   16 << 10, 64 << 10,
				  256 << 10, 1 * MIB,  2 * MIB,   4 * MIB,  6 * MIB,
				  20 * MIB,  50 * MIB, 100 * MIB, 200 * MIB};

static const struct distribution {
	struct metric_name name;
	const double *bounds;
	size_t count;
} distributions[PLATFORM_DISTRIBUTIONS] = {
#define SECONDS seconds, LENGTH(seconds)
	[DISTRIBUTION_INVOKE] = {{"faas.invoke_duration", "s",
				  "Measures the duration of the function's logic execution."},
				 SECONDS},
	[DISTRIBUTION_INIT] = {{"faas.init_duration", "s",
				"Measures the duration of the function's initialization, such as a "
				"cold start."},
			       SECONDS},
	[DISTRIBUTION_MEMORY] = {{"faas.mem_usage", "By",
				  "Distribution of max memory usage per invocation."},
				 memory,
				 LENGTH(memory)},
	[DISTRIBUTION_BILLED] = {{"lull.faas.billed_duration", "s",
				  "Duration that is billed for an invocation."},
				 SECONDS},
	[DISTRIBUTION_LATENCY] = {{"lull.faas.response.latency", "s",
				   "Time from the start of an invocation to the first byte of its "
				   "response."},
				  SECONDS},
	[DISTRIBUTION_RESPONSE] = {{"lull.faas.response.duration", "s",
				    "Time from the first byte of a response to the last."},
				   SECONDS},
	[DISTRIBUTION_PRODUCED] = {{"lull.faas.response.size", "By", "Size of the responses."},
				   response,
				   LENGTH(response)},
	[DISTRIBUTION_EXTENSION] = {{"lull.faas.extension_overhead", "s",
				     "Time that extensions held an invocation after its handler."},
				    SECONDS},
	[DISTRIBUTION_RUNTIME] = {{"lull.faas.runtime_overhead", "s",
				   "Time from the response to the runtime asking for the next "
				   "event."},
				  SECONDS},
	[DISTRIBUTION_RESTORE] = {{"lull.faas.restore_duration", "s",
				   "Duration of the restore of a snapshot."},
				  SECONDS},
#undef SECONDS
};
_Static_assert(LENGTH(seconds) < PLATFORM_BUCKETS && LENGTH(memory) < PLATFORM_BUCKETS &&
		       LENGTH(response) < PLATFORM_BUCKETS,
	       "one bucket more than bounds");

/* ---- What events say ---- */

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

static void count(struct platform_metrics *m, enum platform_count what)
{
	m->counts[what]++;
	m->changed = true;
}

static void record(struct platform_metrics *m, enum platform_distribution to, double value,
		   const struct platform_exemplar *exemplar)
{
	struct platform_histogram *h = &m->histograms[to];
	size_t bucket = 0;

	while (bucket < distributions[to].count && value > distributions[to].bounds[bucket])
		bucket++;
	h->min = h->count == 0 || value < h->min ? value : h->min;
	h->max = h->count == 0 || value > h->max ? value : h->max;
	h->sum += value;
	h->count++;
	h->buckets[bucket]++;
	h->exemplars[bucket] = *exemplar;
	h->exemplars[bucket].value = value;
	m->changed = true;
}

/* `as`: the event whose facts these are. */
static void take_facts(struct platform_metrics *m, const struct telemetry_event *event,
		       enum event_type as, const struct platform_exemplar *exemplar)
{
	double value;

	for (size_t i = 0; i < LENGTH(facts); i++)
		if (facts[i].event == as && facts[i].find(event, facts[i].key, &value))
			record(m, facts[i].to, value * facts[i].unit, exemplar);
}

/* A success of `init` is none of an invocation. */
static void take_outcome(struct platform_metrics *m, const struct telemetry_event *event, bool init)
{
	struct slice status = telemetry_string(event, "status");

	for (size_t i = 0; i < LENGTH(outcomes); i++)
		if (slice_is(status, outcomes[i].status) &&
		    !(init && outcomes[i].count == COUNT_INVOCATIONS))
			count(m, outcomes[i].count);
}

static void take_initialization(struct platform_metrics *m, const struct telemetry_event *event)
{
	struct slice type = telemetry_string(event, "initializationType");

	if (type.len > 0 && type.len < sizeof m->initialization)
		snprintf(m->initialization, sizeof m->initialization, "%.*s", (int)type.len,
			 (const char *)type.data);
	count(m, COUNT_COLDSTARTS);
}

static void take_report(struct platform_metrics *m, const struct telemetry_event *event,
			const struct platform_exemplar *exemplar)
{
	double megabytes;

	take_facts(m, event, EVENT_REPORT, exemplar);
	if (telemetry_metric(event, "memorySizeMB", &megabytes) && megabytes < MIB)
		m->memory_size = (uint64_t)megabytes * MIB;
}

void platform_metrics_event(struct platform_metrics *m, const struct telemetry_event *event,
			    const struct invocations *table, const struct invocation *invocation)
{
	const struct platform_exemplar exemplar = {
		.time = event->time_unix_nano,
		.number = invocation ? invocations_number(table, invocation) : 0,
	};

	switch (event->type) {
	case EVENT_INIT_START:
		take_initialization(m, event);
		break;
	case EVENT_INIT_REPORT:
		take_facts(m, event, EVENT_INIT_REPORT, &exemplar);
		take_outcome(m, event, true);
		break;
	case EVENT_RESTORE_REPORT:
	case EVENT_RUNTIME_DONE:
		take_facts(m, event, event->type, &exemplar);
		if (event->type == EVENT_RUNTIME_DONE)
			take_outcome(m, event, false);
		break;
	case EVENT_REPORT:
		take_report(m, event, &exemplar);
		/* Managed Instances have no platform.runtimeDone. */
		if (table->concurrent || (invocation && !invocation->done)) {
			take_facts(m, event, EVENT_RUNTIME_DONE, &exemplar);
			take_outcome(m, event, false);
		}
		break;
	default:
		break;
	}
}

void platform_metrics_out_of_memory(struct platform_metrics *m)
{
	count(m, COUNT_OUT_OF_MEMORY);
}

/* ---- The request ---- */

static void add_attributes(const struct platform_metrics *m, struct metric_request *r,
			   Otlp__KeyValue **attributes, size_t *n)
{
	Otlp__KeyValue *kv;

	if (!m->initialization[0])
		return;
	kv = value_attribute(&r->arena, slice_str("lull.faas.initialization_type"),
			     value_string(&r->arena, slice_str(m->initialization)));
	if (kv)
		attributes[(*n)++] = kv;
}

static void add_number(const struct platform_metrics *m, struct metric_request *r,
		       const struct metric_name *name, bool monotonic, uint64_t number)
{
	Otlp__Sum *sum = metric_sum(r, name, monotonic, 1);
	Otlp__NumberDataPoint *point = sum ? metric_number(r, sum, number, 1) : NULL;

	if (point)
		add_attributes(m, r, point->attributes, &point->n_attributes);
}

static bool add_buckets(struct metric_request *r, Otlp__HistogramDataPoint *point,
			const struct platform_histogram *h, const struct distribution *d)
{
	point->n_explicit_bounds = d->count;
	point->n_bucket_counts = d->count + 1;
	point->explicit_bounds = arena_alloc(&r->arena, d->count * sizeof *d->bounds);
	point->bucket_counts = arena_alloc(&r->arena, (d->count + 1) * sizeof *h->buckets);
	if (!point->explicit_bounds || !point->bucket_counts)
		return false;
	memcpy(point->explicit_bounds, d->bounds, d->count * sizeof *d->bounds);
	memcpy(point->bucket_counts, h->buckets, (d->count + 1) * sizeof *h->buckets);
	return true;
}

static bool set_id(struct arena *a, ProtobufCBinaryData *to, const uint8_t *id, size_t size)
{
	to->data = arena_alloc(a, size);
	to->len = size;
	if (to->data)
		memcpy(to->data, id, size);
	return to->data != NULL;
}

/* One that links to a span there will never be is none. */
static bool is_recorded(const struct invocations *table, const struct invocation *invocation,
			struct trace_context *trace)
{
	enum trace_source source = invocations_trace(table, invocation, trace);

	return source > TRACE_XRAY ||
	       (source == TRACE_XRAY && invocation->header.sampled == XRAY_SAMPLED);
}

static void add_exemplar(const struct invocations *table, struct metric_request *r,
			 Otlp__HistogramDataPoint *point, const struct platform_exemplar *from)
{
	const struct invocation *invocation = invocations_at(table, from->number);
	struct trace_context trace;
	Otlp__Exemplar *exemplar;

	if (!invocation || !is_recorded(table, invocation, &trace))
		return;
	exemplar = VALUE_NEW(&r->arena, Otlp__Exemplar, OTLP__EXEMPLAR__INIT);
	if (!exemplar || !set_id(&r->arena, &exemplar->trace_id, trace.trace_id, TRACE_ID_SIZE))
		return;
	if (span_id_is_set(trace.span_id) &&
	    !set_id(&r->arena, &exemplar->span_id, trace.span_id, SPAN_ID_SIZE))
		return;
	exemplar->time_unix_nano = from->time;
	exemplar->value_case = OTLP__EXEMPLAR__VALUE_AS_DOUBLE;
	exemplar->as_double = from->value;
	point->exemplars[point->n_exemplars++] = exemplar;
}

static void add_histogram(const struct platform_metrics *m, const struct invocations *table,
			  struct metric_request *r, enum platform_distribution which)
{
	const struct platform_histogram *h = &m->histograms[which];
	const struct distribution *d = &distributions[which];
	Otlp__Histogram *histogram = metric_histogram(r, &d->name, 1);
	Otlp__HistogramDataPoint *point = histogram ? metric_distribution(r, histogram, 1) : NULL;

	if (!point || !add_buckets(r, point, h, d))
		return;
	point->exemplars = arena_alloc(&r->arena, (d->count + 1) * sizeof *point->exemplars);
	for (size_t i = 0; point->exemplars && i <= d->count; i++)
		add_exemplar(table, r, point, &h->exemplars[i]);
	point->count = h->count;
	point->has_sum_case = OTLP__HISTOGRAM_DATA_POINT__HAS_SUM_SUM;
	point->sum = h->sum;
	point->has_min_case = OTLP__HISTOGRAM_DATA_POINT__HAS_MIN_MIN;
	point->min = h->min;
	point->has_max_case = OTLP__HISTOGRAM_DATA_POINT__HAS_MAX_MAX;
	point->max = h->max;
	add_attributes(m, r, point->attributes, &point->n_attributes);
}

static void begin_interval(struct platform_metrics *m, uint64_t time)
{
	m->changed = false;
	m->since = time;
	for (size_t i = 0; i < PLATFORM_DISTRIBUTIONS; i++)
		memset(m->histograms[i].exemplars, 0, sizeof m->histograms[i].exemplars);
	if (!m->delta)
		return;
	memset(m->counts, 0, sizeof m->counts);
	memset(m->histograms, 0, sizeof m->histograms);
}

size_t platform_metrics_make(struct platform_metrics *m, const struct invocations *table,
			     uint64_t time, struct bytes *out)
{
	struct metric_request r = {.start = m->delta ? m->since : m->start,
				   .time = time,
				   .delta = m->delta};
	size_t points;

	if (!m->changed)
		return 0;
	for (size_t i = 0; i < PLATFORM_COUNTS; i++)
		if (m->counts[i] > 0)
			add_number(m, &r, &counts[i], true, m->counts[i]);
	for (size_t i = 0; i < PLATFORM_DISTRIBUTIONS; i++)
		if (m->histograms[i].count > 0)
			add_histogram(m, table, &r, (enum platform_distribution)i);
	r.start = m->start;
	if (m->memory_size > 0)
		add_number(m, &r, &memory_limit, false, m->memory_size);
	points = metric_request_finish(&r, out);
	if (points > 0)
		begin_interval(m, time);
	return points;
}

void platform_metrics_init(struct platform_metrics *m, bool delta, uint64_t start)
{
	*m = (struct platform_metrics){.delta = delta, .start = start, .since = start};
}
