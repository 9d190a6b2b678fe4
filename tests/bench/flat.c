/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "environment.h"
#include "figures.h"
#include "scenarios.h"

#define LINES 3
#define EXPORT_AGE (1500 * NS_PER_MS) /* by then lull has exported what is a second old */

static const struct way {
	const char *setting;
	int64_t rest; /* before memory is looked at, so that it holds nothing */
	const char *tenth, *half, *whole, *growth;
} ways[] = {
	{"LULL_FLUSH=end", 0, "flat_end_10.rss_mb", "flat_end_50.rss_mb", "flat_end_100.rss_mb",
	 "flat_end_growth.rss_mb"},
	{"LULL_FLUSH=lazy", EXPORT_AGE, "flat_lazy_10.rss_mb", "flat_lazy_50.rss_mb",
	 "flat_lazy_100.rss_mb", "flat_lazy_growth.rss_mb"},
};

static void invocations(struct bench *bench, struct http_client *client, const struct spans *spans,
			unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		lambda_invoke(&bench->lambda);
		bench_post(bench, client, spans);
		bench_handler_ends(bench, LINES);
	}
}

static double resident(struct bench *bench, const struct way *way, const char *figure)
{
	double mb;

	loop_to(&bench->loop, clock_now() + way->rest);
	program_wait_idle(&bench->program);
	mb = (double)program_memory(&bench->program, "Rss") / 1e6;
	figures_add(figure, bench->subject->name, mb);
	return mb;
}

static void run(struct bench *bench, const struct subject *subject, const struct way *way,
		unsigned count)
{
	struct subject set = *subject;
	struct spans spans = spans_make(3);
	struct http_client client;
	double first;

	set.environment = environment_with(subject->environment, way->setting, NULL);
	bench_begin(bench, &set);
	http_connect(&client, &bench->loop, set.otlp_port);
	invocations(bench, &client, &spans, count / 10);
	first = resident(bench, way, way->tenth);
	invocations(bench, &client, &spans, count / 2 - count / 10);
	resident(bench, way, way->half);
	invocations(bench, &client, &spans, count - count / 2);
	figures_add(way->growth, set.name, resident(bench, way, way->whole) - first);
	http_close(&client);
	bench_end(bench);
	environment_free(set.environment);
	free(spans.data);
}

void scenario_flat(struct bench *bench, const struct subject *subject, unsigned invocations_each)
{
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		run(bench, subject, &ways[i], invocations_each);
}
