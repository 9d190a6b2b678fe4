/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "figures.h"
#include "relay.h"
#include "scenarios.h"

#define LINES 3
#define SPANS 1000
#define PACE (20 * NS_PER_MS)

/* So many times the posts at that pace are made in a row, which takes less time all the same. */
#define BUSY 5

static void add_ms(const char *name, const char *program, int64_t ns)
{
	figures_add(name, program, (double)ns / NS_PER_MS);
}

static const struct fault {
	enum backend backend;
	const char *steady, *busy;          /* posts */
	const char *close, *apart, *at_end; /* what the function is held; NULL: not for this one */
} faults[] = {
	{
		.backend = BACKEND_TAKES,
		.steady = "post_alive_steady.wall_ms",
		.busy = "post_alive_busy.wall_ms",
	},
	{
		.backend = BACKEND_ABSENT,
		.steady = "post_refused_steady.wall_ms",
		.busy = "post_refused_busy.wall_ms",
		.close = "refused.done_to_next_ms",
		.apart = "refused_apart.done_to_next_ms",
		.at_end = "shutdown_refused.wall_ms",
	},
	{
		.backend = BACKEND_HANGS,
		.steady = "post_hanging_steady.wall_ms",
		.busy = "post_hanging_busy.wall_ms",
		.close = "hanging.done_to_next_ms",
		.apart = "hanging_apart.done_to_next_ms",
		.at_end = "shutdown_hanging.wall_ms",
	},
};
#define FAULTS (sizeof faults / sizeof faults[0])

/* ---- Posts ---- */

/* More than memory and spool take while the backend is away, so that both are full before long. */
static void posts(struct bench *bench, const struct subject *subject, const struct fault *fault,
		  const struct spans *spans, unsigned count)
{
	struct http_client client;

	bench_begin(bench, subject);
	lambda_backend(&bench->lambda, fault->backend);
	lambda_invoke(&bench->lambda);
	http_connect(&client, &bench->loop, subject->otlp_port);
	for (unsigned i = 0; i < count; i++) {
		int64_t start = clock_now();

		add_ms(fault->steady, subject->name, bench_post(bench, &client, spans));
		loop_to(&bench->loop, start + PACE);
	}
	for (unsigned i = 0; i < BUSY * count; i++)
		add_ms(fault->busy, subject->name, bench_post(bench, &client, spans));
	http_close(&client);
	lambda_backend(&bench->lambda, BACKEND_TAKES);
	bench_handler_ends(bench, 0);
	bench_end(bench);
}

/* One measurement, told beside each of them: it knows no backend. */
static void posts_bare(struct bench *bench, const struct spans *spans, unsigned count)
{
	struct http_client client;
	struct relay relay;

	relay_start(&relay, 0);
	http_connect(&client, &bench->loop, relay.port);
	for (unsigned i = 0; i < (1 + BUSY) * count; i++) {
		int64_t start = clock_now(), took = bench_post(bench, &client, spans);

		for (size_t f = 0; f < FAULTS; f++)
			add_ms(i < count ? faults[f].steady : faults[f].busy, "recv and send",
			       took);
		if (i < count)
			loop_to(&bench->loop, start + PACE);
	}
	http_close(&client);
	relay_stop(&relay);
}

void scenario_faulty_posts(struct bench *bench, const struct subject *subject, unsigned count,
			   bool bare)
{
	struct spans spans = spans_make(SPANS);

	if (bare)
		posts_bare(bench, &spans, count);
	for (size_t i = 0; i < FAULTS; i++)
		posts(bench, subject, &faults[i], &spans, count);
	free(spans.data);
}

/* ---- Invocations ---- */

/* The backend is back before the end, so that only this counts. */
static void invocations(struct bench *bench, const struct subject *subject, enum backend backend,
			const char *figure, unsigned count, int64_t pause)
{
	struct spans spans = spans_make(3);
	struct http_client client;

	bench_begin(bench, subject);
	lambda_backend(&bench->lambda, backend);
	http_connect(&client, &bench->loop, subject->otlp_port);
	for (unsigned i = 0; i < count; i++) {
		lambda_invoke(&bench->lambda);
		bench_post(bench, &client, &spans);
		add_ms(figure, subject->name, bench_handler_ends(bench, LINES));
		if (pause == 0)
			continue;
		program_freeze(&bench->program);
		loop_to(&bench->loop, clock_now() + pause);
		program_thaw(&bench->program);
	}
	http_close(&client);
	lambda_backend(&bench->lambda, BACKEND_TAKES);
	bench_end(bench);
	free(spans.data);
}

void scenario_dead_backend(struct bench *bench, const struct subject *subject, unsigned count,
			   int64_t pause)
{
	for (size_t i = 0; i < FAULTS; i++) {
		if (!faults[i].close)
			continue;
		invocations(bench, subject, faults[i].backend, faults[i].close, count, 0);
		invocations(bench, subject, faults[i].backend, faults[i].apart, count, pause);
	}
}

/* ---- The end ---- */

static void end_with_data(struct bench *bench, const struct subject *subject,
			  const struct fault *fault, const struct spans *spans)
{
	struct http_client client;

	bench_begin(bench, subject);
	lambda_backend(&bench->lambda, fault->backend);
	http_connect(&client, &bench->loop, subject->otlp_port);
	lambda_invoke(&bench->lambda);
	bench_post(bench, &client, spans);
	http_close(&client);
	bench_handler_ends(bench, LINES);
	add_ms(fault->at_end, subject->name, bench_end(bench));
}

void scenario_dead_end(struct bench *bench, const struct subject *subject, unsigned runs)
{
	struct spans spans = spans_make(SPANS);

	for (unsigned run = 0; run < runs; run++)
		for (size_t i = 0; i < FAULTS; i++)
			if (faults[i].at_end)
				end_with_data(bench, subject, &faults[i], &spans);
	free(spans.data);
}
