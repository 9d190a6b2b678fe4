/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "figures.h"
#include "relay.h"
#include "scenarios.h"

static void add_ms(const char *name, const char *program, int64_t ns)
{
	figures_add(name, program, (double)ns / NS_PER_MS);
}

static const struct size {
	unsigned spans;
	const char *wall, *busy, *cpu;
} sizes[] = {
	{1, "post_1.wall_ms", "post_1_busy.wall_ms", "post_1.cpu_ms"},
	{100, "post_100.wall_ms", "post_100_busy.wall_ms", "post_100.cpu_ms"},
	{1000, "post_1000.wall_ms", "post_1000_busy.wall_ms", "post_1000.cpu_ms"},
};

/* One post when the program rests, as it does when this is called, and what it uses until it rests
 * again. */
static void post_at_rest(struct bench *bench, const struct subject *subject,
			 const struct size *size, struct http_client *client,
			 const struct spans *spans)
{
	int64_t before, own, took;

	before = program_cpu(&bench->program);
	own = clock_own_cpu();
	took = bench_post(bench, client, spans);
	own = clock_own_cpu() - own;
	program_wait_idle(&bench->program);
	add_ms(size->wall, subject->name, took);
	add_ms(size->wall, "driver", own);
	add_ms(size->cpu, subject->name, program_cpu(&bench->program) - before);
	add_ms(size->cpu, "driver", own);
}

static void posts_of(struct bench *bench, const struct subject *subject, const struct size *size,
		     unsigned posts)
{
	struct spans spans = spans_make(size->spans);
	struct http_client client;

	http_connect(&client, &bench->loop, subject->otlp_port);
	program_wait_idle(&bench->program);
	for (unsigned i = 0; i < posts; i++)
		post_at_rest(bench, subject, size, &client, &spans);
	http_close(&client);
	http_connect(&client, &bench->loop, subject->otlp_port);
	for (unsigned i = 0; i < posts; i++)
		add_ms(size->busy, subject->name, bench_post(bench, &client, &spans));
	program_wait_idle(&bench->program);
	http_close(&client);
	free(spans.data);
}

void scenario_post(struct bench *bench, const struct subject *subject, unsigned posts)
{
	bench_begin(bench, subject);
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		lambda_invoke(&bench->lambda);
		posts_of(bench, subject, &sizes[i], posts);
		bench_handler_ends(bench, 0);
	}
	bench_end(bench);
}

void scenario_post_bare(struct bench *bench, unsigned posts)
{
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct spans spans = spans_make(sizes[i].spans);
		struct http_client client;
		struct relay relay;

		relay_start(&relay, 0);
		http_connect(&client, &bench->loop, relay.port);
		for (unsigned n = 0; n < posts; n++) {
			int64_t before = relay_cpu(&relay);

			loop_turn(&bench->loop, 2);
			add_ms(sizes[i].wall, "recv and send", bench_post(bench, &client, &spans));
			loop_turn(&bench->loop, 2);
			add_ms(sizes[i].cpu, "recv and send", relay_cpu(&relay) - before);
		}
		http_close(&client);
		relay_stop(&relay);
		free(spans.data);
	}
}
