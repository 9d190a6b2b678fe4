/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "environment.h"
#include "figures.h"
#include "scenarios.h"

static const struct load {
	size_t bytes;
	const char *rss, *cost, *cpu, *delivered;
} loads[] = {
	{1000000, "held_1mb.rss_mb", "held_1mb_over_idle.rss_mb", "held_1mb.cpu_ms",
	 "held_1mb.delivered_mb"},
	{10000000, "held_10mb.rss_mb", "held_10mb_over_idle.rss_mb", "held_10mb.cpu_ms",
	 "held_10mb.delivered_mb"},
};

/* Returns how many bytes were taken. */
static size_t give(struct bench *bench, const struct subject *subject, const struct spans *spans,
		   size_t bytes)
{
	struct http_client client;
	size_t given = 0;

	http_connect(&client, &bench->loop, subject->otlp_port);
	for (; given < bytes; given += spans->len)
		bench_post(bench, &client, spans);
	http_close(&client);
	return given;
}

/* The backend takes data again before the end: what comes then shows that it was held. A tenth of
 * the bytes are ids, which no compression makes smaller. */
static void hold(struct bench *bench, const struct subject *subject, const struct load *load,
		 const struct spans *spans)
{
	const struct program *program = &bench->program;
	int64_t idle, held, before;
	size_t given;

	bench_begin(bench, subject);
	lambda_backend(&bench->lambda, BACKEND_FAILS);
	program_wait_idle(&bench->program);
	idle = program_memory(program, "Rss");
	before = program_cpu(program);
	lambda_invoke(&bench->lambda);
	given = give(bench, subject, spans, load->bytes);
	bench_handler_ends(bench, 0);
	program_wait_idle(&bench->program);
	figures_add(load->cpu, subject->name, (double)(program_cpu(program) - before) / NS_PER_MS);
	held = program_memory(program, "Rss");
	figures_add(load->rss, subject->name, (double)held / 1e6);
	figures_add(load->cost, subject->name, (double)(held - idle) / 1e6);
	lambda_backend(&bench->lambda, BACKEND_TAKES);
	bench_end(bench);
	if (bench->lambda.sink_bytes < given / 10 && subject->is_lull)
		die("%s held %u of %zu bytes", subject->name, (unsigned)bench->lambda.sink_bytes,
		    given);
	figures_add(load->delivered, subject->name, (double)bench->lambda.sink_bytes / 1e6);
}

void scenario_held(struct bench *bench, const struct subject *subject, unsigned runs)
{
	struct spans spans = spans_make(500);
	struct subject set = *subject;

	/* In memory, all of it. */
	set.environment = environment_with(subject->environment, "LULL_BUFFER=32MB",
					   "LULL_SPOOL=off", NULL);
	for (unsigned run = 0; run < runs; run++)
		for (unsigned i = 0; i < sizeof loads / sizeof loads[0]; i++)
			hold(bench, &set, &loads[i], &spans);
	environment_free(set.environment);
	free(spans.data);
}
