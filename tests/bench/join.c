/* SPDX-License-Identifier: Apache-2.0 */
/* join [ROUNDS]: what the join adds to the CPU of passing 1,000 spans through, by lull's own code.
 * A line for each round: the ratios of checking, enriching and compressing them with the join to
 * the same without it; with two correlation keys that no span has; and where each span has one of
 * them. What sockets cost is left out, so that the ratios are rather too high. All are taken in
 * each round, so that they hold on a machine that is busy. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/join.h"
#include "loop.h"
#include "spans.h"
#include "wire/gzip.h"

#define SPANS 1000
#define PASSES 8 /* a turn: more of one kind in a row would be more of other work beside it */

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pass(struct slice request, struct invocations *table)
{
	static const uint8_t name[] = "\x0a\x09"
				      "faas.name\x12\x06\x0a\x04"
				      "shop";
	const struct otlp_attribute resource = {slice_of(name + 2, 9),
						slice_of(name, sizeof name - 1)};
	struct bytes message = {0}, compressed = {0};

	bytes_add(&message, request);
	if (!otlp_check(OTLP_TRACES, request).valid)
		die("no valid request");
	if (table && join_see_spans(table, request).name.len == 0)
		die("the join sees no span");
	otlp_enrich(&message, &resource, 1);
	if (message.failed || !gzip_encode(bytes_slice(&message), &compressed))
		die("no memory");
	bytes_free(&message);
	bytes_free(&compressed);
}

static void invoke(struct invocations *table)
{
	invocations_invoke(table, slice_str("1f0c5a8e-7d55-4c1b-9d3e-000000000001"), slice_str(""),
			   1767225600000000000);
}

static double passes(struct slice request, struct invocations *table)
{
	double start = cpu();

	for (unsigned i = 0; i < PASSES; i++)
		pass(request, table);
	return cpu() - start;
}

/* A table whose spans are looked at for that key and another. */
static struct invocations *table_with(const char *key)
{
	static struct otlp_keys keys[2];
	static struct invocations tables[2];
	static unsigned count;
	struct invocations *table = &tables[count];

	otlp_keys_add(&keys[count], slice_str("correlationId"));
	otlp_keys_add(&keys[count], slice_str(key));
	table->correlate = correlate_new(&keys[count++]);
	if (!table->correlate)
		die("no memory");
	invoke(table);
	return table;
}

int main(int argc, char **argv)
{
	static struct invocations without_keys;
	struct invocations *none = table_with("order.id"), *each = table_with("server.address");
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 40;
	struct spans spans = spans_make(SPANS);
	struct slice request = slice_of(spans.data, spans.len);

	invoke(&without_keys);
	passes(request, NULL);
	for (unsigned i = 0; i < rounds; i++) {
		double bare = passes(request, NULL), join = passes(request, &without_keys);
		double keys = passes(request, none), found = passes(request, each);

		printf("%.4f %.4f %.4f\n", join / bare, keys / bare, found / bare);
	}
	correlate_free(none->correlate);
	correlate_free(each->correlate);
	free(spans.data);
	return 0;
}
