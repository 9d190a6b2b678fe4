/* SPDX-License-Identifier: Apache-2.0 */
#include "figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"

#define MAX_FIGURES 512
#define MAX_SKIPPED 8

static struct figure {
	const char *condition, *name, *program;
	double *samples;
	size_t count, cap;
} figures[MAX_FIGURES];
static size_t figure_count;
static const char *condition_now = "";

static struct skipped {
	const char *name, *why;
} skipped[MAX_SKIPPED];
static size_t skipped_count;

static struct figure *find(const char *name, const char *program)
{
	for (size_t i = 0; i < figure_count; i++)
		if (strcmp(figures[i].name, name) == 0 &&
		    strcmp(figures[i].program, program) == 0 &&
		    figures[i].condition == condition_now)
			return &figures[i];
	if (figure_count == MAX_FIGURES)
		die("too many figures");
	figures[figure_count] =
		(struct figure){.condition = condition_now, .name = name, .program = program};
	return &figures[figure_count++];
}

void figures_add(const char *name, const char *program, double value)
{
	struct figure *f = find(name, program);

	if (f->count == f->cap) {
		f->cap = f->cap * 2 + 64;
		f->samples = realloc(f->samples, f->cap * sizeof *f->samples);
		if (!f->samples)
			die("no memory");
	}
	f->samples[f->count++] = value;
}

void figures_condition(const char *condition)
{
	condition_now = condition ? condition : "";
}

void figures_skip(const char *name, const char *why)
{
	if (skipped_count < MAX_SKIPPED)
		skipped[skipped_count++] = (struct skipped){name, why};
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The smallest sample that is not below `share` of them; the median of an even number is the mean
 * of the middle two. */
static double quantile(const struct figure *f, double share)
{
	size_t rank = (size_t)(share * (double)f->count);

	return f->samples[rank < f->count ? rank : f->count - 1];
}

static double median(const struct figure *f)
{
	size_t half = f->count / 2;

	return f->count % 2 ? f->samples[half] : (f->samples[half - 1] + f->samples[half]) / 2;
}

void figures_write(const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		die("cannot write %s", path);
	fputs("{\n  \"figures\": [\n", out);
	for (size_t i = 0; i < figure_count; i++) {
		struct figure *f = &figures[i];

		qsort(f->samples, f->count, sizeof *f->samples, compare);
		fprintf(out,
			"    {\"name\": \"%s%s%s\", \"program\": \"%s\", \"n\": %zu, \"min\": %.4f, "
			"\"median\": %.4f, \"p90\": %.4f, \"p99\": %.4f, \"max\": %.4f}%s\n",
			f->condition, f->condition[0] ? "." : "", f->name, f->program, f->count,
			f->samples[0], median(f), quantile(f, 0.90), quantile(f, 0.99),
			f->samples[f->count - 1], i + 1 < figure_count ? "," : "");
		free(f->samples);
	}
	fputs("  ],\n  \"skipped\": [\n", out);
	for (size_t i = 0; i < skipped_count; i++)
		fprintf(out, "    {\"name\": \"%s\", \"why\": \"%s\"}%s\n", skipped[i].name,
			skipped[i].why, i + 1 < skipped_count ? "," : "");
	fputs("  ]\n}\n", out);
	if (fclose(out) != 0)
		die("cannot write %s", path);
}
