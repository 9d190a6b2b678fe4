/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "environment.h"
#include "figures.h"
#include "scenarios.h"

#define LINES 3

static const struct policy {
	const char *setting, *late, *wall;
} policies[] = {
	{"LULL_FLUSH=lazy", "lazy_late.count", "lazy.invoke_to_next_ms"},
	{"LULL_FLUSH=adaptive", "adaptive_late.count", "adaptive.invoke_to_next_ms"},
};

/* The handler ends as soon as its spans are taken: the shortest that has something to tell. Returns
 * whether the program asks for the next event only after that. */
static bool is_late(struct bench *bench, struct http_client *client, const struct spans *spans,
		    const char *figure)
{
	struct lambda *lambda = &bench->lambda;
	int64_t start = clock_now();
	bool late;

	lambda_invoke(lambda);
	bench_post(bench, client, spans);
	/* What the program has sent by now is there, and need only be taken in. */
	loop_turn(&bench->loop, 0);
	late = !lambda->waiting;
	bench_handler_ends(bench, LINES);
	figures_add(figure, bench->subject->name, (double)(lambda->next_at - start) / NS_PER_MS);
	return late;
}

static void run(struct bench *bench, const struct subject *subject, const struct policy *policy,
		unsigned invocations)
{
	struct subject set = *subject;
	struct spans spans = spans_make(3);
	struct http_client client;
	unsigned late = 0;

	set.environment = environment_with(subject->environment, policy->setting, NULL);
	bench_begin(bench, &set);
	http_connect(&client, &bench->loop, set.otlp_port);
	for (unsigned i = 0; i < invocations; i++)
		late += is_late(bench, &client, &spans, policy->wall);
	http_close(&client);
	bench_end(bench);
	if (bench->lambda.sink_requests == 0)
		die("%s exported nothing with %s", set.name, policy->setting);
	figures_add(policy->late, set.name, late);
	environment_free(set.environment);
	free(spans.data);
}

void scenario_lazy(struct bench *bench, const struct subject *subject, unsigned invocations)
{
	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
		run(bench, subject, &policies[i], invocations);
}
