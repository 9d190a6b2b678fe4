/* SPDX-License-Identifier: Apache-2.0 */
/* libc_parse [ROUNDS]: CPU of turning one post of the Telemetry API with 1,000 JSON log lines into
 * an OTLP request, by lull's own code; the minimum and the median in milliseconds. What it costs is
 * for a good part what libc's memcpy() and malloc() cost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/log_records.h"

#define RECORDS 1000

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What Python's runtime writes with the log format JSON, and three fields of the function's own. */
static void make_body(struct bytes *body)
{
	bytes_addc(body, '[');
	for (unsigned i = 0; i < RECORDS; i++)
		bytes_addf(body,
			   "%s{\"time\":\"2026-01-01T00:00:%02u.%03uZ\",\"type\":\"function\","
			   "\"record\":{\"timestamp\":\"2026-01-01T00:00:%02u.%03uZ\","
			   "\"level\":\"INFO\",\"message\":\"order %u was taken from the queue\","
			   "\"logger\":\"shop.orders\","
			   "\"requestId\":\"1f0c5a8e-7d55-4c1b-9d3e-%012u\","
			   "\"order\":%u,\"amount\":%u.25,\"paid\":true}}",
			   i ? "," : "", i / 60 % 60, i % 1000, i / 60 % 60, i % 1000, i, i / 50, i,
			   i * 7);
	bytes_addc(body, ']');
	if (body->failed)
		exit(1);
}

static void each(void *ctx, const struct telemetry_event *event)
{
	log_records_add(ctx, event, 1767225600000000000);
}

static void parse(struct slice body)
{
	static const struct invocations none;
	struct log_records records = {.invocations = &none, .parse_json = true};
	struct bytes message = {0};

	telemetry_each(body, each, &records);
	if (records.count != RECORDS || !log_records_finish(&records, &message) ||
	    message.len < body.len / 3)
		exit(1);
	bytes_free(&message);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 200;
	double *took = calloc(rounds, sizeof *took);
	struct bytes body = {0};

	make_body(&body);
	for (unsigned i = 0; i < rounds && took; i++) {
		double start = cpu_ms();

		parse(bytes_slice(&body));
		took[i] = cpu_ms() - start;
	}
	if (!took || rounds == 0)
		return 1;
	qsort(took, rounds, sizeof *took, compare);
	printf("%.2f %.2f\n", took[0], took[rounds / 2]);
	bytes_free(&body);
	free(took);
	return 0;
}
