/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "figures.h"
#include "scenarios.h"

#define INVOCATIONS 5
#define ITEMS 100

/* One life of the program with that many invocations; returns its instructions. */
static int64_t live(struct bench *bench, const struct subject *subject, unsigned invocations,
		    const struct spans *spans, const char *lines)
{
	bench_begin(bench, subject);
	for (unsigned i = 0; i < invocations; i++) {
		struct http_client client;

		lambda_invoke(&bench->lambda);
		http_connect(&client, &bench->loop, subject->otlp_port);
		bench_post(bench, &client, spans);
		http_close(&client);
		lambda_log(&bench->lambda, lines);
		bench_handler_ends(bench, 0);
	}
	program_wait_idle(&bench->program);
	bench_end(bench);
	if (bench->lambda.sink_requests < invocations)
		die("%s exported %u times", subject->name, (unsigned)bench->lambda.sink_requests);
	return program_instructions();
}

void scenario_instructions(struct bench *bench, const struct subject *bare,
			   const struct subject *subject, const char *file, unsigned runs)
{
	struct spans spans = spans_make(ITEMS);
	char *lines = lambda_lines(&bench->lambda, ITEMS);

	program_count_in(file);
	for (unsigned run = 0; run < runs; run++) {
		int64_t start = live(bench, subject, 0, NULL, NULL);
		int64_t load = live(bench, subject, INVOCATIONS, &spans, lines) - start;

		figures_add("start.minstr", subject->name, (double)start / 1e6);
		figures_add("load.minstr", subject->name, (double)load / 1e6);
		bench_begin(bench, bare);
		bench_end(bench);
		figures_add("start.minstr", bare->name, (double)program_instructions() / 1e6);
	}
	free(spans.data);
	free(lines);
}
