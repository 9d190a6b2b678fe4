/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/platform_metrics.h"

#include <string.h>

#include "domain/value.h"

/* A data point has no more. */
#define ATTRIBUTES 2

/* The data points of a metric: what has none, or as many as ways in which the function was
 * invoked. */
struct points {
	const struct platform_metrics *metrics;
	const struct invocations *table;
	struct metric_request *request;
};

static void add_attribute(struct arena *a, const char *key, const char *value,
			  Otlp__KeyValue **attributes, size_t *n)
{
	Otlp__KeyValue *kv = value_attribute(a, slice_str(key), value_string(a, slice_str(value)));

	if (kv)
		attributes[(*n)++] = kv;
}

static void add_attributes(const struct points *p, enum faas_trigger trigger,
			   Otlp__KeyValue **attributes, size_t *n)
{
	struct arena *a = &p->request->arena;

	if (p->metrics->initialization[0])
		add_attribute(a, "lull.faas.initialization_type", p->metrics->initialization,
			      attributes, n);
	if (trigger != TRIGGER_UNKNOWN)
		add_attribute(a, "faas.trigger", faas_trigger_name(trigger), attributes, n);
}

static void add_number(const struct points *p, Otlp__Sum *sum, enum faas_trigger trigger,
		       uint64_t number)
{
	Otlp__NumberDataPoint *point = sum ? metric_number(p->request, sum, number, ATTRIBUTES)
					   : NULL;

	if (point)
		add_attributes(p, trigger, point->attributes, &point->n_attributes);
}

static void add_count(const struct points *p, enum platform_count which)
{
	Otlp__Sum *sum = NULL;

	for (unsigned t = 0; t < FAAS_TRIGGERS; t++) {
		uint64_t number = p->metrics->series[t].counts[which];

		if (number > 0 && !sum)
			sum = metric_sum(p->request, &platform_counts[which], true, FAAS_TRIGGERS);
		if (number > 0)
			add_number(p, sum, (enum faas_trigger)t, number);
	}
}

static void add_memory_limit(const struct points *p)
{
	if (p->metrics->memory_size > 0)
		add_number(p, metric_sum(p->request, &platform_memory_limit, false, 1),
			   TRIGGER_UNKNOWN, p->metrics->memory_size);
}

static bool add_buckets(struct metric_request *r, Otlp__HistogramDataPoint *point,
			const struct platform_histogram *h, const struct platform_bounds *d)
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

/* One that links to a span there will never be is none. */
static bool is_recorded(const struct invocations *table, const struct invocation *invocation,
			struct trace_context *trace)
{
	enum trace_source source = invocations_trace(table, invocation, trace);

	return source > TRACE_XRAY ||
	       (source == TRACE_XRAY && invocation->header.sampled == XRAY_SAMPLED);
}

/* The span that is not of an invocation; NULL: values of that kind are. */
static const struct trace_context *phase_of(const struct platform_metrics *m,
					    enum platform_distribution which)
{
	if (which == DISTRIBUTION_INIT)
		return &m->init;
	return which == DISTRIBUTION_RESTORE ? &m->restore : NULL;
}

static bool find_trace(const struct points *p, enum platform_distribution which,
		       const struct platform_exemplar *from, struct trace_context *trace)
{
	const struct trace_context *phase = phase_of(p->metrics, which);
	const struct invocation *invocation = invocations_at(p->table, from->number);

	if (!phase)
		return invocation && is_recorded(p->table, invocation, trace);
	*trace = *phase;
	return from->time > 0 && trace_id_is_set(trace->trace_id);
}

static void add_exemplar(const struct points *p, Otlp__HistogramDataPoint *point,
			 const struct platform_exemplar *from, struct trace_context trace)
{
	struct metric_request *r = p->request;
	Otlp__Exemplar *exemplar;

	exemplar = VALUE_NEW(&r->arena, Otlp__Exemplar, OTLP__EXEMPLAR__INIT);
	if (!exemplar ||
	    !value_bytes(&r->arena, &exemplar->trace_id, trace.trace_id, TRACE_ID_SIZE))
		return;
	if (span_id_is_set(trace.span_id) &&
	    !value_bytes(&r->arena, &exemplar->span_id, trace.span_id, SPAN_ID_SIZE))
		return;
	exemplar->time_unix_nano = from->time;
	exemplar->value_case = OTLP__EXEMPLAR__VALUE_AS_DOUBLE;
	exemplar->as_double = from->value;
	point->exemplars[point->n_exemplars++] = exemplar;
}

static void fill_distribution(const struct points *p, Otlp__HistogramDataPoint *point,
			      const struct platform_histogram *h, enum platform_distribution which)
{
	const struct platform_bounds *d = &platform_distributions[which];
	struct trace_context trace;

	if (!add_buckets(p->request, point, h, d))
		return;
	point->exemplars = arena_alloc(&p->request->arena,
				       (d->count + 1) * sizeof *point->exemplars);
	for (size_t i = 0; point->exemplars && i <= d->count; i++)
		if (find_trace(p, which, &h->exemplars[i], &trace))
			add_exemplar(p, point, &h->exemplars[i], trace);
	point->count = h->count;
	point->has_sum_case = OTLP__HISTOGRAM_DATA_POINT__HAS_SUM_SUM;
	point->sum = h->sum;
	point->has_min_case = OTLP__HISTOGRAM_DATA_POINT__HAS_MIN_MIN;
	point->min = h->min;
	point->has_max_case = OTLP__HISTOGRAM_DATA_POINT__HAS_MAX_MAX;
	point->max = h->max;
}

static void add_histogram(const struct points *p, enum platform_distribution which)
{
	const struct platform_bounds *d = &platform_distributions[which];
	Otlp__Histogram *histogram = NULL;

	for (unsigned t = 0; t < FAAS_TRIGGERS; t++) {
		const struct platform_histogram *h = &p->metrics->series[t].histograms[which];
		Otlp__HistogramDataPoint *point;

		if (h->count == 0)
			continue;
		if (!histogram)
			histogram = metric_histogram(p->request, &d->name, FAAS_TRIGGERS);
		point = histogram ? metric_distribution(p->request, histogram, ATTRIBUTES) : NULL;
		if (!point)
			return;
		fill_distribution(p, point, h, which);
		add_attributes(p, (enum faas_trigger)t, point->attributes, &point->n_attributes);
	}
}

/* Their span is made when the first request is over, or the second: what is cumulative is told
 * until then, and after. */
static bool awaits_span(const struct platform_metrics *m, enum platform_distribution which)
{
	const struct trace_context *phase = phase_of(m, which);

	return phase && !trace_id_is_set(phase->trace_id);
}

static void begin_series(const struct platform_metrics *m, struct platform_series *series)
{
	if (m->delta) {
		*series = (struct platform_series){0};
		return;
	}
	for (unsigned i = 0; i < PLATFORM_DISTRIBUTIONS; i++)
		if (!awaits_span(m, (enum platform_distribution)i))
			memset(series->histograms[i].exemplars, 0,
			       sizeof series->histograms[i].exemplars);
}

/* Most functions are invoked in one way: the memory of the others is not touched. */
static void begin_interval(struct platform_metrics *m, uint64_t time)
{
	m->changed = false;
	m->since = time;
	for (size_t t = 0; t < FAAS_TRIGGERS; t++)
		if (m->series[t].used)
			begin_series(m, &m->series[t]);
}

size_t platform_metrics_make(struct platform_metrics *m, const struct invocations *table,
			     uint64_t time, struct bytes *out)
{
	struct metric_request r = {.start = m->delta ? m->since : m->start,
				   .time = time,
				   .delta = m->delta};
	const struct points p = {m, table, &r};
	size_t points;

	if (!m->changed)
		return 0;
	platform_metrics_settle(m, table);
	for (unsigned i = 0; i < PLATFORM_COUNTS; i++)
		add_count(&p, (enum platform_count)i);
	for (unsigned i = 0; i < PLATFORM_DISTRIBUTIONS; i++)
		add_histogram(&p, (enum platform_distribution)i);
	r.start = m->start;
	add_memory_limit(&p);
	points = metric_request_finish(&r, out);
	if (points > 0)
		begin_interval(m, time);
	return points;
}
