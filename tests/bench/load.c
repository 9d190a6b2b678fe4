/* SPDX-License-Identifier: Apache-2.0 */
#include <libdeflate.h>
#include <stdlib.h>
#include <time.h>

#include "figures.h"
#include "scenarios.h"
#include "spans.h"

#define PROTOBUF "application/x-protobuf"
#define LINES 3
#define POSTS_PER_RUN 10 /* of 1,000 spans each: what an invocation costs anyway is a small part */
#define GZIP_LEVEL 1

static int64_t own_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int64_t post(struct http_client *client, const struct spans *spans)
{
	return http_post(client, "/v1/traces", PROTOBUF, spans->data, spans->len);
}

/* The end of an invocation: returns the nanoseconds from the handler's end to /next. */
static int64_t end_invocation(struct bench *bench, unsigned lines)
{
	int64_t end = clock_now();

	lambda_done(&bench->lambda, lines);
	lambda_wait_next(&bench->lambda);
	return bench->lambda.next_at - end;
}

/* ---- Latency ---- */

static void posts_of(struct bench *bench, const struct subject *subject, unsigned count,
		     unsigned posts, const char *const names[2])
{
	struct spans spans = spans_make(count);
	struct http_client client;

	for (unsigned busy = 0; busy < 2; busy++) {
		http_connect(&client, &bench->loop, subject->otlp_port);
		for (unsigned i = 0; i < posts; i++) {
			if (!busy)
				program_wait_idle(&bench->program);
			figures_add(names[busy], subject->name,
				    (double)post(&client, &spans) / NS_PER_MS);
		}
		program_wait_idle(&bench->program);
		http_close(&client);
	}
	free(spans.data);
}

void scenario_post(struct bench *bench, const struct subject *subject, unsigned posts)
{
	static const struct {
		unsigned spans;
		const char *names[2];
	} sizes[] = {
		{1, {"post_1.wall_ms", "post_1_busy.wall_ms"}},
		{100, {"post_100.wall_ms", "post_100_busy.wall_ms"}},
		{1000, {"post_1000.wall_ms", "post_1000_busy.wall_ms"}},
	};

	bench_begin(bench, subject, NULL);
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		lambda_invoke(&bench->lambda);
		posts_of(bench, subject, sizes[i].spans, posts, sizes[i].names);
		end_invocation(bench, 0);
	}
	bench_end(bench);
}

/* ---- CPU ---- */

static void compress_alone(const struct spans *spans)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(GZIP_LEVEL);
	size_t room = libdeflate_gzip_compress_bound(compressor, spans->len);
	void *out = malloc(room);
	int64_t start = own_cpu();

	if (!out || libdeflate_gzip_compress(compressor, spans->data, spans->len, out, room) == 0)
		die("cannot compress");
	figures_add("spans_1000.cpu_ms", "compression alone",
		    (double)(own_cpu() - start) / NS_PER_MS);
	free(out);
	libdeflate_free_compressor(compressor);
}

void scenario_spans(struct bench *bench, const struct subject *subject, unsigned runs)
{
	struct spans spans = spans_make(1000);
	struct http_client client;

	bench_begin(bench, subject, NULL);
	for (unsigned run = 0; run < runs; run++) {
		int64_t before;

		compress_alone(&spans);
		program_wait_idle(&bench->program);
		before = program_cpu(&bench->program);
		lambda_invoke(&bench->lambda);
		http_connect(&client, &bench->loop, subject->otlp_port);
		for (unsigned i = 0; i < POSTS_PER_RUN; i++)
			post(&client, &spans);
		http_close(&client);
		end_invocation(bench, 0);
		program_wait_idle(&bench->program);
		figures_add("spans_1000.cpu_ms", subject->name,
			    (double)(program_cpu(&bench->program) - before) / NS_PER_MS /
				    POSTS_PER_RUN);
	}
	figures_add("used.rss_mb", subject->name,
		    (double)program_memory(&bench->program, "Rss") / 1e6);
	bench_end(bench);
	if (bench->lambda.sink_requests == 0)
		die("%s exported nothing", subject->name);
	free(spans.data);
}

void scenario_invocation(struct bench *bench, const struct subject *subject, unsigned runs)
{
	struct spans spans = spans_make(3);
	struct http_client client;

	bench_begin(bench, subject, NULL);
	http_connect(&client, &bench->loop, subject->otlp_port);
	for (unsigned run = 0; run < runs; run++) {
		int64_t before, took;

		program_wait_idle(&bench->program);
		before = program_cpu(&bench->program);
		lambda_invoke(&bench->lambda);
		post(&client, &spans);
		took = end_invocation(bench, LINES);
		program_wait_idle(&bench->program);
		/* The first brings up the way to the backend. */
		if (run == 0)
			continue;
		figures_add("invocation.cpu_ms", subject->name,
			    (double)(program_cpu(&bench->program) - before) / NS_PER_MS);
		figures_add("invocation.done_to_next_ms", subject->name, (double)took / NS_PER_MS);
	}
	http_close(&client);
	bench_end(bench);
	if (bench->lambda.sink_requests < runs)
		die("%s exported %u times", subject->name, (unsigned)bench->lambda.sink_requests);
	free(spans.data);
}
