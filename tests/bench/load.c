/* SPDX-License-Identifier: Apache-2.0 */
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "relay.h"
#include "scenarios.h"

#define LINES 3
#define POSTS_PER_RUN 10 /* of 1,000 spans each: what an invocation costs anyway is a small part */
#define GZIP_LEVEL 1

/* ---- The bare minimum ---- */

static void compress_alone(const char *figure, const void *data, size_t len)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(GZIP_LEVEL);
	size_t room = libdeflate_gzip_compress_bound(compressor, len);
	void *out = malloc(room);
	int64_t start = clock_own_cpu();

	if (!out || libdeflate_gzip_compress(compressor, data, len, out, room) == 0)
		die("cannot compress");
	figures_add(figure, "compression alone", (double)(clock_own_cpu() - start) / NS_PER_MS);
	free(out);
	libdeflate_free_compressor(compressor);
}

/* `runs` times POSTS_PER_RUN messages through a process that only hands them on. */
static void relay_alone(struct bench *bench, const char *figure, const void *data, size_t len,
			unsigned runs)
{
	struct http_client client;
	struct relay relay;

	relay_start(&relay, bench->lambda.sink.port);
	http_connect(&client, &bench->loop, relay.port);
	for (unsigned run = 0; run < runs; run++) {
		uint64_t wanted = bench->lambda.sink_requests + POSTS_PER_RUN;
		int64_t before = relay_cpu(&relay);

		for (unsigned i = 0; i < POSTS_PER_RUN; i++)
			http_post(&client, "/", "application/x-protobuf", data, len);
		while (bench->lambda.sink_requests < wanted)
			loop_turn(&bench->loop, 1000);
		loop_turn(&bench->loop, 2);
		figures_add(figure, "recv and send",
			    (double)(relay_cpu(&relay) - before) / NS_PER_MS / POSTS_PER_RUN);
		compress_alone(figure, data, len);
	}
	http_close(&client);
	relay_stop(&relay);
	lambda_reset(&bench->lambda, NULL);
}

void scenario_bare(struct bench *bench, unsigned runs)
{
	struct spans spans = spans_make(1000);
	char *lines = lambda_lines(&bench->lambda, 1000);

	relay_alone(bench, "spans_1000.cpu_ms", spans.data, spans.len, runs);
	relay_alone(bench, "logs_1000.cpu_ms", lines, strlen(lines), runs);
	free(spans.data);
	free(lines);
}

/* ---- CPU ---- */

/* POSTS_PER_RUN batches in one invocation, from the first until the program rests. */
static void batches(struct bench *bench, const struct subject *subject, const char *figure,
		    const struct spans *spans, const char *lines)
{
	struct http_client client;
	int64_t before, own;

	program_wait_idle(&bench->program);
	before = program_cpu(&bench->program);
	own = clock_own_cpu();
	lambda_invoke(&bench->lambda);
	http_connect(&client, &bench->loop, subject->otlp_port);
	for (unsigned i = 0; i < POSTS_PER_RUN; i++) {
		if (spans)
			bench_post(bench, &client, spans);
		else
			lambda_log(&bench->lambda, lines);
	}
	http_close(&client);
	bench_handler_ends(bench, 0);
	program_wait_idle(&bench->program);
	own = clock_own_cpu() - own;
	figures_add(figure, subject->name,
		    (double)(program_cpu(&bench->program) - before) / NS_PER_MS / POSTS_PER_RUN);
	figures_add(figure, "driver", (double)own / NS_PER_MS / POSTS_PER_RUN);
}

void scenario_spans(struct bench *bench, const struct subject *subject, unsigned runs)
{
	struct spans spans = spans_make(1000);

	bench_begin(bench, subject);
	for (unsigned run = 0; run < runs; run++)
		batches(bench, subject, "spans_1000.cpu_ms", &spans, NULL);
	figures_add("used.rss_mb", subject->name,
		    (double)program_memory(&bench->program, "Rss") / 1e6);
	bench_end(bench);
	if (bench->lambda.sink_requests == 0)
		die("%s exported nothing", subject->name);
	free(spans.data);
}

void scenario_logs(struct bench *bench, const struct subject *subject, unsigned runs)
{
	char *lines = lambda_lines(&bench->lambda, 1000);

	bench_begin(bench, subject);
	if (bench->lambda.telemetry_port) {
		for (unsigned run = 0; run < runs; run++)
			batches(bench, subject, "logs_1000.cpu_ms", NULL, lines);
	}
	bench_end(bench);
	if (bench->lambda.telemetry_port && bench->lambda.sink_requests == 0)
		die("%s exported no logs", subject->name);
	free(lines);
}

void scenario_invocation(struct bench *bench, const struct subject *subject, unsigned runs)
{
	struct spans spans = spans_make(3);
	struct http_client client;

	bench_begin(bench, subject);
	http_connect(&client, &bench->loop, subject->otlp_port);
	program_wait_idle(&bench->program);
	for (unsigned run = 0; run < runs; run++) {
		int64_t before, own, took, done;

		before = program_cpu(&bench->program);
		own = clock_own_cpu();
		lambda_invoke(&bench->lambda);
		bench_post(bench, &client, &spans);
		done = program_cpu(&bench->program);
		took = bench_handler_ends(bench, LINES);
		own = clock_own_cpu() - own;
		program_wait_idle(&bench->program);
		/* The first brings up the way to the backend. */
		if (run == 0)
			continue;
		figures_add("invocation.cpu_ms", subject->name,
			    (double)(program_cpu(&bench->program) - before) / NS_PER_MS);
		figures_add("invocation.cpu_ms", "driver", (double)own / NS_PER_MS);
		figures_add("done_to_next.cpu_ms", subject->name,
			    (double)(bench->lambda.next_cpu - done) / NS_PER_MS);
		figures_add("invocation.done_to_next_ms", subject->name, (double)took / NS_PER_MS);
	}
	http_close(&client);
	bench_end(bench);
	figures_add("requests_100.count", subject->name,
		    (double)bench->lambda.sink_requests * 100 / runs);
	if (bench->lambda.sink_requests < (subject->is_lull ? runs : 1))
		die("%s exported %u times", subject->name, (unsigned)bench->lambda.sink_requests);
	free(spans.data);
}
