/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "short_heap.h"

#include "base/arena.c"

#include "domain/platform_metrics.h"
#include "metrics_read.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define START UINT64_C(1700000000000000001)
#define TIME UINT64_C(1700000060000000002)
#define LATER UINT64_C(1700000120000000003)
#define MIB 1048576.0

struct world {
	struct platform_metrics metrics;
	struct invocations table;
};

static struct world make(bool delta)
{
	struct world w = {0};

	platform_metrics_init(&w.metrics, delta, START);
	return w;
}

/* Every event of a post goes to the table first, then to the metrics. */
static void each(void *ctx, const struct telemetry_event *event)
{
	struct world *w = ctx;
	const struct invocation *invocation = invocations_event(&w->table, event);

	platform_metrics_event(&w->metrics, event, &w->table, invocation);
}

static void tell(struct world *w, const char *events)
{
	char *body;

	assert_true(asprintf(&body, "[%s]", events) > 0);
	telemetry_each(slice_str(body), each, w);
	free(body);
}

#define EVENT(type, record)                                                                        \
	"{\"time\":\"2026-01-02T03:04:05.678Z\",\"type\":\"platform." type                         \
	"\",\"record\":{" record "}}"
#define ID "\"requestId\":\"a\""
#define START_A EVENT("start", ID)
#define END(ms)                                                                                    \
	EVENT("runtimeDone", ID ",\"status\":\"success\",\"metrics\":{\"durationMs\":" ms "}")

/* What an event says of every metric: a count, or the one value of a histogram. */
struct said {
	const char *metric;
	double value;
};

static double value_of(const Otlp__Metric *metric)
{
	if (metric->data_case == OTLP__METRIC__DATA_SUM) {
		assert_int_equal(metric->sum->n_data_points, 1);
		return (double)metric->sum->data_points[0]->as_int;
	}
	assert_int_equal(metric->data_case, OTLP__METRIC__DATA_HISTOGRAM);
	assert_int_equal(metric->histogram->n_data_points, 1);
	assert_int_equal(metric->histogram->data_points[0]->count, 1);
	return metric->histogram->data_points[0]->sum;
}

/* Exactly those metrics, with those values. */
static void assert_said(struct world *w, const struct said *said, size_t count)
{
	Otlp__ExportMetricsServiceRequest *request;
	struct bytes out = {0};
	size_t points = platform_metrics_make(&w->metrics, &w->table, TIME, &out);

	assert_int_equal(points, count);
	if (count == 0) {
		assert_int_equal(out.len, 0);
		return;
	}
	request = metrics_read(&out, points);
	assert_int_equal(metrics_scope(request)->n_metrics, count);
	for (size_t i = 0; i < count; i++) {
		const Otlp__Metric *metric = metrics_find(request, said[i].metric);

		if (!metric)
			fail_msg("no %s", said[i].metric);
		else if (value_of(metric) != said[i].value)
			fail_msg("%s: %g", said[i].metric, value_of(metric));
	}
	otlp__export_metrics_service_request__free_unpacked(request, NULL);
}

/* Each type of event by itself. */
static void test_every_event(void **state)
{
	static const struct {
		const char *events;
		struct said said[8];
	} cases[] = {
		{EVENT("initStart", "\"initializationType\":\"on-demand\",\"phase\":\"init\""),
		 {{"faas.coldstarts", 1}}},
		{EVENT("initStart", ""), {{"faas.coldstarts", 1}}},
		{EVENT("initRuntimeDone", "\"status\":\"error\""), {{0}}},
		{EVENT("initReport", "\"status\":\"success\",\"metrics\":{\"durationMs\":250}"),
		 {{"faas.init_duration", 0.25}}},
		{EVENT("initReport", "\"metrics\":{\"durationMs\":250}"),
		 {{"faas.init_duration", 0.25}}},
		{EVENT("initReport", "\"status\":\"error\",\"metrics\":{\"durationMs\":500}"),
		 {{"faas.init_duration", 0.5}, {"faas.errors", 1}}},
		{EVENT("initReport", "\"status\":\"failure\""), {{"faas.errors", 1}}},
		{EVENT("initReport", "\"status\":\"timeout\""), {{"faas.timeouts", 1}}},
		{EVENT("restoreStart", "\"functionName\":\"f\""), {{0}}},
		{EVENT("restoreRuntimeDone", "\"status\":\"success\""), {{0}}},
		{EVENT("restoreReport", "\"status\":\"success\",\"metrics\":{\"durationMs\":1000}"),
		 {{"lull.faas.restore_duration", 1}}},
		{EVENT("restoreReport", "\"status\":\"timeout\""), {{0}}},
		{START_A, {{0}}},
		{EVENT("runtimeDone", ID ",\"status\":\"success\""), {{"faas.invocations", 1}}},
		{EVENT("runtimeDone", ID ",\"status\":\"error\""), {{"faas.errors", 1}}},
		{EVENT("runtimeDone", ID ",\"status\":\"failure\""), {{"faas.errors", 1}}},
		{EVENT("runtimeDone", ID ",\"status\":\"timeout\""), {{"faas.timeouts", 1}}},
		{EVENT("runtimeDone", ID ",\"status\":\"other\""), {{0}}},
		{EVENT("runtimeDone",
		       ID ",\"status\":\"success\",\"metrics\":{\"durationMs\":125.0,"
			  "\"producedBytes\":2048},\"spans\":["
			  "{\"name\":\"responseLatency\",\"durationMs\":62.5},"
			  "{\"name\":\"responseDuration\",\"durationMs\":31.25},"
			  "{\"name\":\"runtimeOverhead\",\"durationMs\":15.625},"
			  "{\"name\":\"other\",\"durationMs\":1},7]"),
		 {{"faas.invocations", 1},
		  {"faas.invoke_duration", 0.125},
		  {"lull.faas.response.size", 2048},
		  {"lull.faas.response.latency", 0.0625},
		  {"lull.faas.response.duration", 0.03125},
		  {"lull.faas.runtime_overhead", 0.015625}}},
		{EVENT("report", ID ",\"status\":\"success\",\"metrics\":{\"durationMs\":124.4,"
				    "\"billedDurationMs\":125,\"memorySizeMB\":128,"
				    "\"maxMemoryUsedMB\":64,\"initDurationMs\":1,"
				    "\"restoreDurationMs\":1},\"spans\":["
				    "{\"name\":\"extensionOverhead\",\"durationMs\":250}]"),
		 {{"faas.mem_usage", 64 * MIB},
		  {"lull.faas.billed_duration", 0.125},
		  {"lull.faas.memory.limit", 128 * MIB},
		  {"lull.faas.extension_overhead", 0.25}}},
		{EVENT("extension", "\"name\":\"lull\",\"state\":\"Ready\""), {{0}}},
		{EVENT("telemetrySubscription", "\"name\":\"lull\""), {{0}}},
		{EVENT("logsDropped", "\"droppedBytes\":1,\"droppedRecords\":1"), {{0}}},
		{EVENT("fromTheFuture", "\"status\":\"error\""), {{0}}},
		/* not as they should be */
		{EVENT("runtimeDone", ID ",\"status\":7,\"metrics\":[1],\"spans\":{}"), {{0}}},
		{EVENT("runtimeDone", ID ",\"metrics\":{\"durationMs\":\"1\"}"), {{0}}},
		{EVENT("runtimeDone", ID ",\"metrics\":{\"durationMs\":-1}"), {{0}}},
		{EVENT("runtimeDone", ID ",\"spans\":[{\"name\":\"responseLatency\"}]"), {{0}}},
		{EVENT("report", ID ",\"metrics\":{\"memorySizeMB\":1e300}"), {{0}}},
		{EVENT("runtimeDone", "\"status\":\"success\""), {{"faas.invocations", 1}}},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world w = make(false);
		size_t n = 0;

		while (n < LENGTH(cases[i].said) && cases[i].said[n].metric)
			n++;
		tell(&w, cases[i].events);
		assert_said(&w, cases[i].said, n);
	}
}

/* What is told of an end counts once, by whichever event tells it. */
static void test_an_end_is_counted_once(void **state)
{
#define DONE EVENT("runtimeDone", ID ",\"status\":\"timeout\",\"metrics\":{\"durationMs\":500}")
#define REPORT EVENT("report", ID ",\"status\":\"timeout\",\"metrics\":{\"durationMs\":1000}")
	static const struct {
		bool managed;
		const char *events;
		double timeouts, seconds; /* 0: none */
	} cases[] = {
		{false, START_A "," DONE "," REPORT, 1, 0.5},
		/* platform.runtimeDone was lost */
		{false, START_A "," REPORT, 1, 1},
		/* a request of the life before */
		{false, REPORT, 0, 0},
		/* there is none on Managed Instances */
		{true, START_A "," REPORT, 1, 1},
		{true, REPORT, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const struct said said[] = {{"faas.timeouts", cases[i].timeouts},
					    {"faas.invoke_duration", cases[i].seconds}};
		struct world w = make(false);

		w.table.concurrent = cases[i].managed;
		tell(&w, cases[i].events);
		assert_said(&w, said, cases[i].timeouts > 0 ? 2 : 0);
	}
}

/* The names, units, kinds and bounds that dashboards are made with: those of the OpenTelemetry
 * Lambda collector each in every detail. */
static void test_as_the_collector_has_them(void **state)
{
	static const double seconds[] = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
					 0.5,   0.75, 1,     2.5,  5,     7.5, 10};
	static const double memory[] = {16 * MIB,   32 * MIB,   64 * MIB,   128 * MIB,  256 * MIB,
					512 * MIB,  768 * MIB,  1024 * MIB, 2048 * MIB, 3072 * MIB,
					4096 * MIB, 6144 * MIB, 8192 * MIB};
	static const struct {
		const char *name, *unit;
		const double *bounds; /* NULL: a monotonic sum */
		size_t count;
	} metrics[] = {
		{"faas.coldstarts", "{coldstart}", NULL, 0},
		{"faas.invocations", "{invocation}", NULL, 0},
		{"faas.errors", "{error}", NULL, 0},
		{"faas.timeouts", "{timeout}", NULL, 0},
		{"faas.invoke_duration", "s", seconds, LENGTH(seconds)},
		{"faas.init_duration", "s", seconds, LENGTH(seconds)},
		{"faas.mem_usage", "By", memory, LENGTH(memory)},
	};
	struct world w = make(false);
	Otlp__ExportMetricsServiceRequest *request;
	struct bytes out = {0};
	size_t i, k;

	(void)state;
	tell(&w, EVENT("initStart", ""));
	tell(&w, EVENT("initReport", "\"metrics\":{\"durationMs\":1}"));
	tell(&w, END("1"));
	tell(&w, EVENT("report", ID ",\"metrics\":{\"maxMemoryUsedMB\":1}"));
	tell(&w, EVENT("runtimeDone", ID ",\"status\":\"error\""));
	tell(&w, EVENT("runtimeDone", ID ",\"status\":\"timeout\""));
	i = platform_metrics_make(&w.metrics, &w.table, TIME, &out);
	request = metrics_read(&out, i);
	assert_int_equal(i, LENGTH(metrics));
	for (i = 0; i < LENGTH(metrics); i++) {
		const Otlp__Metric *metric = metrics_find(request, metrics[i].name);
		const Otlp__HistogramDataPoint *point;

		assert_non_null(metric);
		assert_string_equal(metric->unit, metrics[i].unit);
		if (!metrics[i].bounds) {
			assert_int_equal(metric->data_case, OTLP__METRIC__DATA_SUM);
			assert_true(metric->sum->is_monotonic);
			continue;
		}
		assert_int_equal(metric->data_case, OTLP__METRIC__DATA_HISTOGRAM);
		point = metric->histogram->data_points[0];
		assert_int_equal(point->n_explicit_bounds, metrics[i].count);
		assert_int_equal(point->n_bucket_counts, metrics[i].count + 1);
		for (k = 0; k < metrics[i].count; k++)
			assert_true(point->explicit_bounds[k] == metrics[i].bounds[k]);
	}
	otlp__export_metrics_service_request__free_unpacked(request, NULL);
}

/* Which bucket a duration is in: a bound belongs to the bucket below it. */
static void test_buckets(void **state)
{
	static const struct {
		const char *ms;
		size_t bucket;
	} cases[] = {
		{"0", 0},    {"5", 0},     {"5.001", 1},  {"10", 1},     {"24", 2},
		{"1000", 9}, {"1001", 10}, {"10000", 13}, {"10001", 14}, {"900000", 14},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world w = make(false);
		const struct platform_histogram *h =
			&w.metrics.series[0].histograms[DISTRIBUTION_INVOKE];
		char event[200];

		snprintf(event, sizeof event,
			 EVENT("runtimeDone", ID ",\"metrics\":{\"durationMs\":%s}"), cases[i].ms);
		tell(&w, event);
		platform_metrics_settle(&w.metrics, &w.table);
		assert_int_equal(h->buckets[cases[i].bucket], 1);
		assert_int_equal(h->count, 1);
	}
}

/* ---- Over time ---- */

static const Otlp__HistogramDataPoint *durations(const Otlp__ExportMetricsServiceRequest *request)
{
	return metrics_find(request, "faas.invoke_duration")->histogram->data_points[0];
}

static const Otlp__NumberDataPoint *invocations(const Otlp__ExportMetricsServiceRequest *request)
{
	return metrics_find(request, "faas.invocations")->sum->data_points[0];
}

/* Two requests: what the second says is all, or what came since the first. */
static void test_temporality(void **state)
{
	static const struct {
		bool delta;
		Otlp__AggregationTemporality temporality;
		int64_t second;
		uint64_t start;
		double sum, min, max;
	} cases[] = {
		{false, OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_CUMULATIVE, 3, START,
		 1.75, 0.25, 1},
		{true, OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_DELTA, 1, TIME, 0.5,
		 0.5, 0.5},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world w = make(cases[i].delta);
		Otlp__ExportMetricsServiceRequest *request;
		const Otlp__Metric *limit;
		struct bytes out = {0};
		size_t points;

		tell(&w, END("1000") "," END("250") "," EVENT("report",
							      "\"metrics\":{\"memorySizeMB\":1}"));
		points = platform_metrics_make(&w.metrics, &w.table, TIME, &out);
		request = metrics_read(&out, points);
		assert_int_equal(invocations(request)->as_int, 2);
		assert_true(invocations(request)->start_time_unix_nano == START);
		assert_true(invocations(request)->time_unix_nano == TIME);
		otlp__export_metrics_service_request__free_unpacked(request, NULL);

		/* Nothing new: nothing to say. */
		assert_int_equal(platform_metrics_make(&w.metrics, &w.table, TIME + 1, &out), 0);
		assert_int_equal(out.len, 0);

		tell(&w, END("500"));
		points = platform_metrics_make(&w.metrics, &w.table, LATER, &out);
		request = metrics_read(&out, points);
		assert_int_equal(
			metrics_find(request, "faas.invocations")->sum->aggregation_temporality,
			cases[i].temporality);
		assert_int_equal(metrics_find(request, "faas.invoke_duration")
					 ->histogram->aggregation_temporality,
				 cases[i].temporality);
		assert_int_equal(invocations(request)->as_int, cases[i].second);
		assert_true(invocations(request)->start_time_unix_nano == cases[i].start);
		assert_true(invocations(request)->time_unix_nano == LATER);
		assert_int_equal(durations(request)->count, cases[i].second);
		assert_true(durations(request)->sum == cases[i].sum);
		assert_true(durations(request)->min == cases[i].min);
		assert_true(durations(request)->max == cases[i].max);
		/* What goes up and down is never delta. */
		limit = metrics_find(request, "lull.faas.memory.limit");
		assert_false(limit->sum->is_monotonic);
		assert_int_equal(limit->sum->aggregation_temporality,
				 OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_CUMULATIVE);
		assert_true(limit->sum->data_points[0]->start_time_unix_nano == START);
		otlp__export_metrics_service_request__free_unpacked(request, NULL);
	}
}

/* By its variables where the platform leaves it out; what that says holds. */
static void test_initialization_type(void **state)
{
	static const struct {
		const char *variable, *told, *type;
	} cases[] = {
		{"", "\"initializationType\":\"snap-start\"", "snap-start"},
		{"on-demand", "\"initializationType\":\"snap-start\"", "snap-start"},
		{"provisioned-concurrency", "", "provisioned-concurrency"},
		{"", "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world w = make(false);
		Otlp__ExportMetricsServiceRequest *request;
		struct bytes out = {0};
		const Otlp__KeyValue *kv;
		char *events;
		size_t points;

		platform_metrics_initialization(&w.metrics, slice_str(cases[i].variable));
		assert_true(asprintf(&events, EVENT("initStart", "%s") "," END("1"),
				     cases[i].told) > 0);
		tell(&w, events);
		free(events);
		points = platform_metrics_make(&w.metrics, &w.table, TIME, &out);
		request = metrics_read(&out, points);
		assert_int_equal(invocations(request)->n_attributes, cases[i].type != NULL);
		assert_int_equal(durations(request)->n_attributes, cases[i].type != NULL);
		if (cases[i].type) {
			kv = durations(request)->attributes[0];
			assert_string_equal(kv->key, "lull.faas.initialization_type");
			assert_string_equal(kv->value->string_value, cases[i].type);
		}
		otlp__export_metrics_service_request__free_unpacked(request, NULL);
	}
}

/* The function was invoked in that way, as its span says by now. */
static void invoke(struct world *w, const char *id, enum faas_trigger trigger)
{
	char *events;

	invocations_invoke(&w->table, slice_str(id), slice_str(""), START)->trigger = trigger;
	assert_true(asprintf(&events,
			     EVENT("runtimeDone", "\"requestId\":\"%s\",\"status\":\"success\","
						  "\"metrics\":{\"durationMs\":1000}"),
			     id) > 0);
	tell(w, events);
	free(events);
}

/* "TRIGGER COUNT ..." of a histogram with a value of 1 for each. */
static void assert_triggers(const Otlp__Metric *metric, const char *expected)
{
	char text[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < metric->histogram->n_data_points; i++) {
		const Otlp__HistogramDataPoint *point = metric->histogram->data_points[i];

		assert_true(point->sum == (double)point->count);
		if (point->n_attributes)
			assert_string_equal(point->attributes[0]->key, "faas.trigger");
		len += (size_t)snprintf(text + len, sizeof text - len, "%s %d;",
					point->n_attributes
						? point->attributes[0]->value->string_value
						: "-",
					(int)point->count);
	}
	assert_string_equal(text, expected);
}

/* A data point for each trigger; what is of no invocation has none. Delta: of this interval. */
static void test_triggers(void **state)
{
	static const struct {
		bool delta;
		const char *first, *second;
		size_t points; /* of the second: durations, counts */
	} cases[] = {
		{false, "- 1;http 2;timer 1;", "- 1;http 2;pubsub 1;timer 1;", 8},
		{true, "- 1;http 2;timer 1;", "pubsub 1;", 2},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world w = make(cases[i].delta);
		Otlp__ExportMetricsServiceRequest *request;
		const Otlp__Metric *cold;
		struct bytes out = {0};
		size_t points;

		tell(&w, EVENT("initStart", "") ",");
		invoke(&w, "a", TRIGGER_HTTP);
		invoke(&w, "b", TRIGGER_UNKNOWN);
		invoke(&w, "c", TRIGGER_TIMER);
		invoke(&w, "d", TRIGGER_HTTP);
		points = platform_metrics_make(&w.metrics, &w.table, TIME, &out);
		assert_int_equal(points, 1 + 3 + 3);
		request = metrics_read(&out, points);
		assert_triggers(metrics_find(request, "faas.invoke_duration"), cases[i].first);
		cold = metrics_find(request, "faas.coldstarts");
		assert_int_equal(cold->sum->n_data_points, 1);
		assert_int_equal(cold->sum->data_points[0]->n_attributes, 0);
		otlp__export_metrics_service_request__free_unpacked(request, NULL);
		invoke(&w, "e", TRIGGER_PUBSUB);
		points = platform_metrics_make(&w.metrics, &w.table, LATER, &out);
		assert_int_equal(points, cases[i].points + (cases[i].delta ? 0 : 1));
		request = metrics_read(&out, points);
		assert_triggers(metrics_find(request, "faas.invoke_duration"), cases[i].second);
		otlp__export_metrics_service_request__free_unpacked(request, NULL);
	}
}

/* What invoked a function is known when its span comes, which may be after the end was told, and
 * before or after more was than waits; of one that has given way what was known then counts. */
static void test_trigger_comes_late(void **state)
{
	static const struct {
		unsigned others; /* requests after it */
		bool early;      /* it was known when its end was told */
		const char *triggers;
	} cases[] = {
		{0, false, "http 1;"},
		{1, false, "- 1;http 1;"},
		{PLATFORM_TOLD, false, "- 97;"},
		{0, true, "http 1;"},
		{INVOCATIONS, true, "- 64;http 1;"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world w = make(false);
		Otlp__ExportMetricsServiceRequest *request;
		struct bytes out = {0};
		size_t points;
		char id[20];

		invoke(&w, "a", cases[i].early ? TRIGGER_HTTP : TRIGGER_UNKNOWN);
		for (unsigned n = 0; n < cases[i].others; n++) {
			snprintf(id, sizeof id, "other %u", n);
			invoke(&w, id, TRIGGER_UNKNOWN);
		}
		if (invocations_find(&w.table, slice_str("a")))
			invocations_find(&w.table, slice_str("a"))->trigger = TRIGGER_HTTP;
		points = platform_metrics_make(&w.metrics, &w.table, TIME, &out);
		request = metrics_read(&out, points);
		assert_triggers(metrics_find(request, "faas.invoke_duration"), cases[i].triggers);
		otlp__export_metrics_service_request__free_unpacked(request, NULL);
	}
}

/* ---- Exemplars ---- */

#define ROOT "5759e988bd862e3fe1be46a994272793"
#define HEADER(sampled)                                                                            \
	"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=" sampled

/* An exemplar leads to the trace of its request, if there is one to lead to. */
static void test_exemplars(void **state)
{
	static const struct {
		const char *header;
		bool sdk, own_span;
		size_t trace, span; /* lengths of the ids; 0: no exemplar */
	} cases[] = {
		{HEADER("1"), false, false, 16, 0}, {HEADER("0"), false, false, 0, 0},
		{"", false, false, 0, 0},           {HEADER("1"), true, false, 0, 0},
		{HEADER("1"), true, true, 16, 8},   {HEADER("0"), true, true, 16, 8},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world w = make(false);
		struct invocation *a = invocations_invoke(&w.table, slice_str("a"),
							  slice_str(cases[i].header), START);
		Otlp__ExportMetricsServiceRequest *request;
		const Otlp__HistogramDataPoint *point;
		struct bytes out = {0};
		size_t points;

		tell(&w, END("500"));
		/* What is known when the request is made counts. */
		w.table.sdk = cases[i].sdk;
		if (cases[i].own_span) {
			trace_id_parse(slice_str(ROOT), a->trace.trace_id);
			span_id_parse(slice_str("0123456789abcdef"), a->trace.span_id);
			a->source = TRACE_OWN_SPAN;
		}
		points = platform_metrics_make(&w.metrics, &w.table, TIME, &out);
		request = metrics_read(&out, points);
		point = durations(request);
		assert_int_equal(point->n_exemplars, cases[i].trace > 0);
		if (point->n_exemplars) {
			const Otlp__Exemplar *exemplar = point->exemplars[0];
			uint8_t root[TRACE_ID_SIZE];

			trace_id_parse(slice_str(ROOT), root);
			assert_int_equal(exemplar->trace_id.len, cases[i].trace);
			assert_memory_equal(exemplar->trace_id.data, root, sizeof root);
			assert_int_equal(exemplar->span_id.len, cases[i].span);
			assert_true(exemplar->as_double == 0.5);
			assert_int_equal(exemplar->time_unix_nano, UINT64_C(1767323045678000000));
		}
		otlp__export_metrics_service_request__free_unpacked(request, NULL);
	}
}

/* One for each bucket, the last; the next request has only newer ones. */
static void test_exemplars_are_of_one_interval(void **state)
{
	struct world w = make(false);
	Otlp__ExportMetricsServiceRequest *request;
	struct bytes out = {0};
	size_t points;

	(void)state;
	invocations_invoke(&w.table, slice_str("a"), slice_str(HEADER("1")), START);
	tell(&w, END("500") "," END("400") "," END("3000"));
	points = platform_metrics_make(&w.metrics, &w.table, TIME, &out);
	request = metrics_read(&out, points);
	assert_int_equal(durations(request)->n_exemplars, 2);
	assert_true(durations(request)->exemplars[0]->as_double == 0.4);
	assert_true(durations(request)->exemplars[1]->as_double == 3);
	otlp__export_metrics_service_request__free_unpacked(request, NULL);
	tell(&w, END("1"));
	points = platform_metrics_make(&w.metrics, &w.table, LATER, &out);
	request = metrics_read(&out, points);
	assert_int_equal(durations(request)->n_exemplars, 1);
	assert_int_equal(durations(request)->count, 4);
	otlp__export_metrics_service_request__free_unpacked(request, NULL);
}

/* Those of init and restore lead to their own spans: as soon as these are made, and once. */
static void test_exemplars_of_phases(void **state)
{
	static const struct {
		const char *event, *metric;
	} cases[] = {
		{EVENT("initReport", "\"metrics\":{\"durationMs\":500}"), "faas.init_duration"},
		{EVENT("restoreReport", "\"metrics\":{\"durationMs\":500}"),
		 "lull.faas.restore_duration"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world w = make(false);
		struct trace_context *span = i == 0 ? &w.metrics.init : &w.metrics.restore;

		invocations_invoke(&w.table, slice_str("a"), slice_str(HEADER("1")), START);
		tell(&w, cases[i].event);
		for (unsigned made = 0; made < 4; made++) {
			Otlp__ExportMetricsServiceRequest *request;
			const Otlp__HistogramDataPoint *point;
			struct bytes out = {0};
			size_t points;

			if (made == 2)
				*span = (struct trace_context){{1}, {2}};
			tell(&w, END("500"));
			points = platform_metrics_make(&w.metrics, &w.table, TIME + made, &out);
			request = metrics_read(&out, points);
			point = metrics_find(request, cases[i].metric)->histogram->data_points[0];
			assert_int_equal(point->n_exemplars, made == 2);
			if (made == 2) {
				assert_true(point->exemplars[0]->as_double == 0.5);
				assert_memory_equal(point->exemplars[0]->trace_id.data,
						    span->trace_id, TRACE_ID_SIZE);
				assert_memory_equal(point->exemplars[0]->span_id.data,
						    span->span_id, SPAN_ID_SIZE);
			}
			otlp__export_metrics_service_request__free_unpacked(request, NULL);
		}
	}
}

/* Whichever allocation fails, nothing is forgotten: the next request says it. */
static void test_short_memory(void **state)
{
	bool failed = true;

	(void)state;
	for (int at = 1; failed; at++) {
		struct world w = make(true);
		struct bytes out = {0};
		size_t points;

		tell(&w, END("500"));
		short_heap_at = at;
		points = platform_metrics_make(&w.metrics, &w.table, TIME, &out);
		failed = short_heap_at == 0;
		short_heap_at = 0;
		assert_int_equal(points > 0, !failed);
		assert_int_equal(out.failed, failed);
		bytes_free(&out);
		points = platform_metrics_make(&w.metrics, &w.table, LATER, &out);
		assert_int_equal(points > 0, failed);
		bytes_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_event),
		cmocka_unit_test(test_an_end_is_counted_once),
		cmocka_unit_test(test_as_the_collector_has_them),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_temporality),
		cmocka_unit_test(test_initialization_type),
		cmocka_unit_test(test_triggers),
		cmocka_unit_test(test_trigger_comes_late),
		cmocka_unit_test(test_exemplars),
		cmocka_unit_test(test_exemplars_are_of_one_interval),
		cmocka_unit_test(test_exemplars_of_phases),
		cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
