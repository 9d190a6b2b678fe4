/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ledger_metrics.h"

#include <string.h>

#include "collector_metrics.pb-c.h"
#include "domain/value.h"
#include "version.h"

/* A metric and where its number stands: in struct ledger_account at `offset`. */
static const struct kind {
	const char *name;
	const char *description;
	size_t offset;
	bool monotonic;
} kinds[] = {
	{"lull.items.received", "Spans, log records and data points that were handed to lull.",
	 offsetof(struct ledger_account, received), true},
	{"lull.items.inherited", "Items that an earlier run of lull had left in files.",
	 offsetof(struct ledger_account, inherited), true},
	{"lull.items.exported", "Items that the backend took.",
	 offsetof(struct ledger_account, exported), true},
	{"lull.items.possible_duplicates",
	 "Exported items that an earlier request may have brought to the backend too.",
	 offsetof(struct ledger_account, possible_duplicates), true},
	{"lull.items.spooled", "Items that wait in files.",
	 offsetof(struct ledger_account, spooled), false},
};
#define KINDS (sizeof kinds / sizeof kinds[0])
#define METRICS (KINDS + 2) /* and held, and dropped */

/* What is under way to one message. */
struct making {
	struct arena arena;
	const struct ledger_books *books;
	size_t count;
	uint64_t start;
	uint64_t time;
	size_t points;
	Otlp__Metric *metrics[METRICS];
	size_t metric_count;
};

/* `most` data points fit. NULL where memory is short. */
static Otlp__Sum *add_sum(struct making *m, const char *name, const char *description,
			  bool monotonic, size_t most)
{
	Otlp__Metric *metric = VALUE_NEW(&m->arena, Otlp__Metric, OTLP__METRIC__INIT);
	Otlp__Sum *sum = VALUE_NEW(&m->arena, Otlp__Sum, OTLP__SUM__INIT);

	if (!metric || !sum)
		return NULL;
	metric->name = name;
	metric->description = description;
	metric->unit = "{item}";
	metric->data_case = OTLP__METRIC__DATA_SUM;
	metric->sum = sum;
	sum->is_monotonic = monotonic;
	sum->aggregation_temporality =
		OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_CUMULATIVE;
	sum->data_points = arena_alloc(&m->arena, most * sizeof *sum->data_points);
	m->metrics[m->metric_count++] = metric;
	return sum->data_points ? sum : NULL;
}

static void add_text(struct making *m, Otlp__NumberDataPoint *point, const char *key,
		     const char *text)
{
	Otlp__KeyValue *kv = value_attribute(&m->arena, slice_str(key),
					     value_string(&m->arena, slice_str(text)));

	if (kv)
		point->attributes[point->n_attributes++] = kv;
}

static void add_point(struct making *m, Otlp__Sum *sum, const struct ledger_books *books,
		      unsigned signal, uint64_t number, const char *reason)
{
	Otlp__NumberDataPoint *point;

	point = VALUE_NEW(&m->arena, Otlp__NumberDataPoint, OTLP__NUMBER_DATA_POINT__INIT);
	if (!point || !(point->attributes = arena_alloc(&m->arena, 3 * sizeof *point->attributes)))
		return;
	point->start_time_unix_nano = m->start;
	point->time_unix_nano = m->time;
	point->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_INT;
	point->as_int = number < INT64_MAX ? (int64_t)number : INT64_MAX;
	add_text(m, point, "signal", otlp_signal_name((enum otlp_signal)signal));
	if (reason)
		add_text(m, point, "reason", reason);
	if (books->destination)
		add_text(m, point, "destination", books->destination);
	sum->data_points[sum->n_data_points++] = point;
	m->points++;
}

static uint64_t number_of(const struct ledger_account *account, const struct kind *kind)
{
	uint64_t number;

	memcpy(&number, (const char *)account + kind->offset, sizeof number);
	return number;
}

static void add_kind(struct making *m, const struct kind *kind)
{
	Otlp__Sum *sum = add_sum(m, kind->name, kind->description, kind->monotonic,
				 m->count * OTLP_SIGNALS);

	for (size_t b = 0; sum && b < m->count; b++) {
		const struct ledger_books *books = &m->books[b];

		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			add_point(m, sum, books, s, number_of(&books->account[s], kind), NULL);
	}
}

static void add_held(struct making *m)
{
	Otlp__Sum *sum = add_sum(m, "lull.items.held", "Items that wait in memory.", false,
				 m->count * OTLP_SIGNALS);

	for (size_t b = 0; sum && b < m->count; b++)
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			add_point(m, sum, &m->books[b], s, m->books[b].held[s], NULL);
}

static size_t count_reasons(const struct making *m)
{
	size_t n = 0;

	for (size_t b = 0; b < m->count; b++)
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			for (unsigned r = 0; r < DROP_REASONS; r++)
				n += m->books[b].account[s].dropped[r] > 0;
	return n;
}

static void add_drops(struct making *m, const struct ledger_books *books, Otlp__Sum *sum)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		for (unsigned r = 0; r < DROP_REASONS; r++)
			if (books->account[s].dropped[r] > 0)
				add_point(m, sum, books, s, books->account[s].dropped[r],
					  ledger_reason((enum drop_reason)r));
}

static void add_dropped(struct making *m)
{
	size_t n = count_reasons(m);
	Otlp__Sum *sum;

	/* A metric without data points says nothing. */
	if (n == 0)
		return;
	sum = add_sum(m, "lull.items.dropped", "Items that are lost, by reason.", true, n);
	for (size_t b = 0; sum && b < m->count; b++)
		add_drops(m, &m->books[b], sum);
}

static bool pack(struct making *m, struct bytes *out)
{
	Otlp__ExportMetricsServiceRequest request = OTLP__EXPORT_METRICS_SERVICE_REQUEST__INIT;
	Otlp__ResourceMetrics resource = OTLP__RESOURCE_METRICS__INIT, *resources[] = {&resource};
	Otlp__InstrumentationScope name = OTLP__INSTRUMENTATION_SCOPE__INIT;
	Otlp__ScopeMetrics scope = OTLP__SCOPE_METRICS__INIT, *scopes[] = {&scope};
	size_t size;

	name.name = "lull";
	name.version = LULL_VERSION;
	scope.scope = &name;
	scope.metrics = m->metrics;
	scope.n_metrics = m->metric_count;
	resource.scope_metrics = scopes;
	resource.n_scope_metrics = 1;
	request.resource_metrics = resources;
	request.n_resource_metrics = 1;
	size = otlp__export_metrics_service_request__get_packed_size(&request);
	if (!bytes_reserve(out, size))
		return false;
	out->len += otlp__export_metrics_service_request__pack(&request, out->data + out->len);
	return true;
}

size_t ledger_metrics(const struct ledger_books *books, size_t count, uint64_t start, uint64_t time,
		      struct bytes *out)
{
	struct making m = {.books = books, .count = count, .start = start, .time = time};
	size_t points;

	if (count == 0)
		return 0;
	for (size_t k = 0; k < KINDS; k++)
		add_kind(&m, &kinds[k]);
	add_held(&m);
	add_dropped(&m);
	out->failed |= m.arena.failed;
	points = !out->failed && pack(&m, out) ? m.points : 0;
	arena_free(&m.arena);
	return points;
}
