/* SPDX-License-Identifier: Apache-2.0 */
/* What all scenarios do with the program: start it, post to it, end a handler, end it. */
#include <stdio.h>
#include <stdlib.h>

#include "figures.h"
#include "folder.h"
#include "ledger.h"
#include "scenarios.h"

void bench_begin(struct bench *bench, const struct subject *subject)
{
	folder_clear();
	bench->subject = subject;
	bench->spans_posted = 0;
	lambda_reset(&bench->lambda, &bench->program);
	program_start(&bench->program, &bench->loop, subject->path, subject->environment,
		      bench->cgroup);
	lambda_wait_next(&bench->lambda);
}

int64_t bench_post(struct bench *bench, struct http_client *client, const struct spans *spans)
{
	bench->spans_posted += spans->count;
	return http_post(client, "/v1/traces", "application/x-protobuf", spans->data, spans->len);
}

int64_t bench_handler_ends(struct bench *bench, unsigned lines)
{
	int64_t end = clock_now();

	lambda_done(&bench->lambda, lines);
	lambda_wait_next(&bench->lambda);
	return bench->lambda.next_at - end;
}

static void close_books(const struct bench *bench)
{
	char *output = program_output(&bench->program);

	if (getenv("BENCH_VERBOSE"))
		fputs(output, stderr);
	if (bench->subject->is_lull)
		figures_add("uncounted.count", bench->subject->name,
			    (double)ledger_uncounted(output, bench->spans_posted));
	free(output);
}

int64_t bench_end(struct bench *bench)
{
	int64_t start;

	lambda_wait_next(&bench->lambda);
	start = clock_now();
	lambda_shutdown(&bench->lambda);
	program_wait_exit(&bench->program);
	close_books(bench);
	return bench->program.exited_at - start;
}
