/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "environment.h"
#include "figures.h"
#include "scenarios.h"
#include "tls.h"

#define LINES 3
#define TURNS_FILE "build/bench/turns.txt"
#define AUTHORITIES "build/bench/authorities.pem"
#define TRACER "build/bench/turns"

static bool can_be_traced(void)
{
	return system("TURNS_PROGRAM=/bin/true TURNS_FILE=/dev/null " TRACER) == 0;
}

static void add_turns(const char *program)
{
	FILE *file = fopen(TURNS_FILE, "re");
	char line[64];

	if (!file)
		die("nobody counted the turns");
	while (fgets(line, sizeof line, file))
		figures_add("turn.cpu_ms", program, (double)strtoll(line, NULL, 10) / NS_PER_MS);
	fclose(file);
	unlink(TURNS_FILE);
}

/* `NAME=value`; to be freed. */
static char *variable(const char *name, const char *value)
{
	char *line;

	if (asprintf(&line, "%s=%s", name, value) < 0)
		die("no memory");
	return line;
}

static void invocations(struct bench *bench, unsigned count)
{
	struct spans spans = spans_make(1000);
	struct http_client client;

	http_connect(&client, &bench->loop, bench->subject->otlp_port);
	for (unsigned i = 0; i < count; i++) {
		lambda_invoke(&bench->lambda);
		bench_post(bench, &client, &spans);
		bench_handler_ends(bench, LINES);
	}
	http_close(&client);
	free(spans.data);
}

/* Its first turns read the certificates, each export takes a handshake and compresses a batch. */
void scenario_turns(struct bench *bench, const struct subject *subject, unsigned count)
{
	struct subject traced = *subject;
	struct tls tls;
	char url[64], *lines[2];

	if (!can_be_traced()) {
		figures_skip("turn", "this machine allows no tracing");
		return;
	}
	tls_start(&tls, AUTHORITIES, false);
	snprintf(url, sizeof url, "LULL_ENDPOINT=https://127.0.0.1:%u", tls.port);
	lines[0] = variable("TURNS_PROGRAM", subject->path);
	lines[1] = variable("TURNS_FILE", TURNS_FILE);
	traced.path = TRACER;
	traced.environment = environment_with(subject->environment, url,
					      "LULL_CERTIFICATE=" AUTHORITIES,
					      "LULL_FLUSH_BUDGET=10s", lines[0], lines[1], NULL);
	bench_begin(bench, &traced);
	invocations(bench, count);
	bench_end(bench);
	add_turns(subject->name);
	if (*tls.posts < 2 * count)
		die("%s exported %u times by TLS", subject->name, *tls.posts);
	environment_free(traced.environment);
	free(lines[0]);
	free(lines[1]);
	tls_stop(&tls, AUTHORITIES);
}
