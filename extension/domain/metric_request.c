/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/metric_request.h"

#include "domain/own_request.h"
#include "domain/value.h"

static Otlp__Metric *add_metric(struct metric_request *r, const struct metric_name *name)
{
	Otlp__Metric *metric = VALUE_NEW(&r->arena, Otlp__Metric, OTLP__METRIC__INIT);

	r->arena.failed |= r->count == METRIC_REQUEST_METRICS;
	if (r->arena.failed)
		return NULL;
	metric->name = name->name;
	metric->unit = name->unit;
	metric->description = name->description;
	r->metrics[r->count++] = metric;
	return metric;
}

static Otlp__AggregationTemporality temporality(const struct metric_request *r, bool monotonic)
{
	return r->delta && monotonic
		       ? OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_DELTA
		       : OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_CUMULATIVE;
}

Otlp__Sum *metric_sum(struct metric_request *r, const struct metric_name *name, bool monotonic,
		      size_t most)
{
	Otlp__Sum *sum = VALUE_NEW(&r->arena, Otlp__Sum, OTLP__SUM__INIT);
	Otlp__Metric *metric = add_metric(r, name);

	if (!metric || !sum)
		return NULL;
	metric->data_case = OTLP__METRIC__DATA_SUM;
	metric->sum = sum;
	sum->is_monotonic = monotonic;
	sum->aggregation_temporality = temporality(r, monotonic);
	sum->data_points = arena_alloc(&r->arena, most * sizeof *sum->data_points);
	return sum->data_points ? sum : NULL;
}

Otlp__Histogram *metric_histogram(struct metric_request *r, const struct metric_name *name,
				  size_t most)
{
	Otlp__Histogram *histogram = VALUE_NEW(&r->arena, Otlp__Histogram, OTLP__HISTOGRAM__INIT);
	Otlp__Metric *metric = add_metric(r, name);

	if (!metric || !histogram)
		return NULL;
	metric->data_case = OTLP__METRIC__DATA_HISTOGRAM;
	metric->histogram = histogram;
	histogram->aggregation_temporality = temporality(r, true);
	histogram->data_points = arena_alloc(&r->arena, most * sizeof *histogram->data_points);
	return histogram->data_points ? histogram : NULL;
}

Otlp__NumberDataPoint *metric_number(struct metric_request *r, Otlp__Sum *sum, uint64_t number,
				     size_t attributes)
{
	Otlp__NumberDataPoint *point;

	point = VALUE_NEW(&r->arena, Otlp__NumberDataPoint, OTLP__NUMBER_DATA_POINT__INIT);
	if (!point)
		return NULL;
	point->attributes = arena_alloc(&r->arena, attributes * sizeof *point->attributes);
	if (!point->attributes)
		return NULL;
	point->start_time_unix_nano = r->start;
	point->time_unix_nano = r->time;
	point->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_INT;
	point->as_int = number < INT64_MAX ? (int64_t)number : INT64_MAX;
	sum->data_points[sum->n_data_points++] = point;
	r->points++;
	return point;
}

Otlp__HistogramDataPoint *metric_distribution(struct metric_request *r, Otlp__Histogram *histogram,
					      size_t attributes)
{
	Otlp__HistogramDataPoint *point;

	point = VALUE_NEW(&r->arena, Otlp__HistogramDataPoint, OTLP__HISTOGRAM_DATA_POINT__INIT);
	if (!point)
		return NULL;
	point->attributes = arena_alloc(&r->arena, attributes * sizeof *point->attributes);
	if (!point->attributes)
		return NULL;
	point->start_time_unix_nano = r->start;
	point->time_unix_nano = r->time;
	histogram->data_points[histogram->n_data_points++] = point;
	r->points++;
	return point;
}

static void pack(const struct metric_request *r, struct bytes *out)
{
	struct own_request request = own_request_begin(out);

	for (size_t i = 0; i < r->count; i++)
		own_request_add(&r->metrics[i]->base, out);
	own_request_end(&request, out);
}

size_t metric_request_finish(struct metric_request *r, struct bytes *out)
{
	size_t points = 0;

	out->failed |= r->arena.failed;
	if (!out->failed && r->points > 0)
		pack(r, out);
	if (!out->failed)
		points = r->points;
	arena_free(&r->arena);
	*r = (struct metric_request){0};
	return points;
}
