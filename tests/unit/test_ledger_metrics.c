/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "short_heap.h"

#include "base/arena.c"

#include "metrics_read.h"
#include "policy/ledger_metrics.h"
#include "short_memory.h"
#include "version.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define START UINT64_C(1700000000000000001)
#define TIME UINT64_C(1700000060000000002)

static const struct {
	const char *name;
	bool monotonic;
} metrics[] = {
	{"lull.items.received", true}, {"lull.items.inherited", true},
	{"lull.items.exported", true}, {"lull.items.possible_duplicates", true},
	{"lull.items.spooled", false}, {"lull.items.held", false},
	{"lull.items.dropped", true},
};

/* A request as protobuf-c reads it, in which each data point may be looked up once. */
struct decoded {
	Otlp__ExportMetricsServiceRequest *request;
	size_t points;
	size_t found;
};

static struct decoded decode(struct bytes *out, size_t points)
{
	return (struct decoded){.request = metrics_read(out, points), .points = points};
}

/* The metric's sum; NULL where there is none. */
static const Otlp__Sum *sum_of(const struct decoded *d, const char *name)
{
	const Otlp__Metric *metric = metrics_find(d->request, name);

	return metric ? metric->sum : NULL;
}

/* The attribute's text; "" where there is none. */
static const char *attribute(const Otlp__NumberDataPoint *point, const char *key)
{
	size_t i;

	for (i = 0; i < point->n_attributes; i++) {
		if (strcmp(point->attributes[i]->key, key) != 0)
			continue;
		assert_int_equal(point->attributes[i]->value->value_case,
				 OTLP__ANY_VALUE__VALUE_STRING_VALUE);
		return point->attributes[i]->value->string_value;
	}
	return "";
}

/* There is exactly one data point with exactly those attributes ("": without it), and that is its
 * number. */
static void assert_point(struct decoded *d, const char *name, const char *signal,
			 const char *reason, const char *destination, int64_t number)
{
	const Otlp__Sum *sum = sum_of(d, name);
	size_t attributes = 1, matches = 0, i;

	attributes += reason[0] ? 1 : 0;
	attributes += destination[0] ? 1 : 0;
	assert_non_null(sum);
	for (i = 0; i < sum->n_data_points; i++) {
		const Otlp__NumberDataPoint *point = sum->data_points[i];

		if (strcmp(attribute(point, "signal"), signal) != 0 ||
		    strcmp(attribute(point, "reason"), reason) != 0 ||
		    strcmp(attribute(point, "destination"), destination) != 0)
			continue;
		matches++;
		assert_int_equal(point->n_attributes, attributes);
		assert_int_equal(point->value_case, OTLP__NUMBER_DATA_POINT__VALUE_AS_INT);
		if (point->as_int != number)
			fail_msg("%s %s %s %s: %lld", name, signal, reason, destination,
				 (long long)point->as_int);
		assert_true(point->start_time_unix_nano == START);
		assert_true(point->time_unix_nano == TIME);
	}
	if (matches != 1)
		fail_msg("%s %s %s %s: %zu times", name, signal, reason, destination, matches);
	d->found++;
}

/* Nothing is there that was not looked up. */
static void finish(struct decoded *d)
{
	assert_int_equal(d->found, d->points);
	otlp__export_metrics_service_request__free_unpacked(d->request, NULL);
}

/* All of one destination's data points, by the books. */
static void assert_books(struct decoded *d, const struct ledger_books *books)
{
	const char *to = books->destination ? books->destination : "";
	unsigned s, r;

	for (s = 0; s < OTLP_SIGNALS; s++) {
		const struct ledger_account *a = &books->account[s];
		const char *signal = otlp_signal_name((enum otlp_signal)s);

		assert_point(d, "lull.items.received", signal, "", to, (int64_t)a->received);
		assert_point(d, "lull.items.inherited", signal, "", to, (int64_t)a->inherited);
		assert_point(d, "lull.items.exported", signal, "", to, (int64_t)a->exported);
		assert_point(d, "lull.items.possible_duplicates", signal, "", to,
			     (int64_t)a->possible_duplicates);
		assert_point(d, "lull.items.spooled", signal, "", to, (int64_t)a->spooled);
		assert_point(d, "lull.items.held", signal, "", to, (int64_t)books->held[s]);
		for (r = 0; r < DROP_REASONS; r++)
			if (a->dropped[r] > 0)
				assert_point(d, "lull.items.dropped", signal,
					     ledger_reason((enum drop_reason)r), to,
					     (int64_t)a->dropped[r]);
	}
}

/* Another number in every place. */
static void number_all(struct ledger_account account[static OTLP_SIGNALS],
		       uint64_t held[static OTLP_SIGNALS], uint64_t from)
{
	uint64_t n = from;
	unsigned s, r;

	for (s = 0; s < OTLP_SIGNALS; s++) {
		account[s] = (struct ledger_account){
			.received = n + 1,
			.inherited = n + 2,
			.exported = n + 3,
			.spooled = n + 4,
			.possible_duplicates = n + 5,
		};
		held[s] = n + 6;
		for (r = 0; r < DROP_REASONS; r++)
			account[s].dropped[r] = n + 7 + r;
		n += 100;
	}
}

static void test_one_destination(void **state)
{
	struct ledger_account account[OTLP_SIGNALS];
	uint64_t held[OTLP_SIGNALS];
	struct ledger_books books = {NULL, account, held};
	struct bytes out = {0};
	struct decoded d;
	size_t points;

	(void)state;
	number_all(account, held, 1000);
	account[OTLP_LOGS].dropped[DROP_CRASH] = 0;
	account[OTLP_METRICS].received = 0;
	points = ledger_metrics(&books, 1, START, TIME, &out);
	assert_int_equal(points, OTLP_SIGNALS * (6 + DROP_REASONS) - 1);
	d = decode(&out, points);
	assert_books(&d, &books);
	finish(&d);
}

static void test_what_kind(void **state)
{
	struct ledger_account account[OTLP_SIGNALS];
	uint64_t held[OTLP_SIGNALS];
	struct ledger_books books = {NULL, account, held};
	const Otlp__ScopeMetrics *scope;
	struct bytes out = {0};
	struct decoded d;
	size_t i, points;

	(void)state;
	number_all(account, held, 1);
	points = ledger_metrics(&books, 1, START, TIME, &out);
	d = decode(&out, points);
	scope = metrics_scope(d.request);
	assert_string_equal(scope->scope->name, "lull");
	assert_string_equal(scope->scope->version, LULL_VERSION);
	assert_int_equal(scope->n_metrics, LENGTH(metrics));
	for (i = 0; i < scope->n_metrics; i++) {
		const Otlp__Metric *metric = scope->metrics[i];
		const Otlp__Sum *sum = sum_of(&d, metrics[i].name);

		assert_string_equal(metric->unit, "{item}");
		assert_true(strlen(metric->description) > 0);
		assert_int_equal(metric->data_case, OTLP__METRIC__DATA_SUM);
		assert_non_null(sum);
		assert_int_equal(sum->is_monotonic, metrics[i].monotonic);
		assert_int_equal(sum->aggregation_temporality,
				 OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_CUMULATIVE);
	}
	otlp__export_metrics_service_request__free_unpacked(d.request, NULL);
}

/* Zero is a number, but no reason. */
static void test_nothing_happened(void **state)
{
	static const struct ledger_account account[OTLP_SIGNALS];
	static const uint64_t held[OTLP_SIGNALS];
	struct ledger_books books = {NULL, account, held};
	struct bytes out = {0};
	struct decoded d;
	size_t points;

	(void)state;
	points = ledger_metrics(&books, 1, START, TIME, &out);
	assert_int_equal(points, OTLP_SIGNALS * 6);
	d = decode(&out, points);
	assert_books(&d, &books);
	assert_null(sum_of(&d, "lull.items.dropped"));
	finish(&d);
	assert_int_equal(ledger_metrics(NULL, 0, START, TIME, &out), 0);
	assert_int_equal(out.len, 0);
	assert_false(out.failed);
}

static void test_destinations(void **state)
{
	static const char *const names[] = {"eu", "gr\xc3\xbc\xc3\x9f", NULL, "a.b", "1", "2", "3",
					    "4"};
	struct ledger_account account[8][OTLP_SIGNALS];
	uint64_t held[8][OTLP_SIGNALS];
	struct ledger_books books[8];
	struct bytes out = {0};
	struct decoded d;
	size_t i, points;

	(void)state;
	for (i = 0; i < 8; i++) {
		number_all(account[i], held[i], 1000 * (i + 1));
		books[i] = (struct ledger_books){names[i], account[i], held[i]};
	}
	/* One of them with nothing dropped. */
	for (i = 0; i < OTLP_SIGNALS; i++)
		memset(account[5][i].dropped, 0, sizeof account[5][i].dropped);
	points = ledger_metrics(books, 8, START, TIME, &out);
	d = decode(&out, points);
	for (i = 0; i < 8; i++)
		assert_books(&d, &books[i]);
	finish(&d);
}

/* More than a signed number holds does not become negative. */
static void test_largest(void **state)
{
	struct ledger_account account[OTLP_SIGNALS] = {
		{.received = UINT64_MAX,
		 .exported = INT64_MAX,
		 .dropped = {[DROP_CRASH] = (uint64_t)INT64_MAX + 1}}};
	uint64_t held[OTLP_SIGNALS] = {UINT64_C(1) << 32};
	struct ledger_books books = {NULL, account, held};
	struct bytes out = {0};
	struct decoded d;
	size_t points;

	(void)state;
	points = ledger_metrics(&books, 1, START, TIME, &out);
	d = decode(&out, points);
	assert_point(&d, "lull.items.received", "traces", "", "", INT64_MAX);
	assert_point(&d, "lull.items.exported", "traces", "", "", INT64_MAX);
	assert_point(&d, "lull.items.dropped", "traces", "crash", "", INT64_MAX);
	assert_point(&d, "lull.items.held", "traces", "", "", INT64_C(1) << 32);
	otlp__export_metrics_service_request__free_unpacked(d.request, NULL);
}

/* Behind what is there already: two requests are one. */
static void test_appends(void **state)
{
	static const struct ledger_account account[OTLP_SIGNALS];
	static const uint64_t held[OTLP_SIGNALS];
	struct ledger_books books = {NULL, account, held};
	struct bytes out = {0};
	size_t points, once;

	(void)state;
	points = ledger_metrics(&books, 1, START, TIME, &out);
	once = out.len;
	points += ledger_metrics(&books, 1, START, TIME, &out);
	assert_int_equal(out.len, 2 * once);
	assert_int_equal(otlp_check(OTLP_METRICS, bytes_slice(&out)).items, points);
	bytes_free(&out);
}

static void test_short_memory(void **state)
{
	struct ledger_account account[OTLP_SIGNALS];
	uint64_t held[OTLP_SIGNALS];
	struct ledger_books books = {"eu", account, held};
	struct bytes out = {0};
	int at;

	(void)state;
	number_all(account, held, 1);
	short_memory_at = 1;
	assert_int_equal(ledger_metrics(&books, 1, START, TIME, &out), 0);
	assert_true(out.failed);
	bytes_free(&out);
	for (at = 1;; at++) {
		size_t points;
		bool ended;

		short_heap_at = at;
		points = ledger_metrics(&books, 1, START, TIME, &out);
		ended = short_heap_at > 0; /* it came to none that fails */
		short_heap_at = 0;
		assert_int_equal(out.failed, !ended);
		assert_int_equal(points == 0, !ended);
		assert_true(ended || out.len == 0);
		bytes_free(&out);
		if (ended)
			break;
	}
	assert_true(at > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_destination),  cmocka_unit_test(test_what_kind),
		cmocka_unit_test(test_nothing_happened), cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_largest),          cmocka_unit_test(test_appends),
		cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
