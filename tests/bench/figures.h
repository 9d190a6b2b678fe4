/* SPDX-License-Identifier: Apache-2.0 */
/* What was measured, until it is written as JSON. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

/* One sample of `name` (such as "start.wall_ms": the unit is its end) for `program`. Both are
 * string literals, or live as long as the benchmark. */
void figures_add(const char *name, const char *program, double value);

/* From now on the names of samples are "CONDITION.NAME"; a string literal, or NULL for none. */
void figures_condition(const char *condition);

/* A part of the benchmark that this machine does not allow, and why. */
void figures_skip(const char *name, const char *why);

/* All of them: number of samples, minimum, median, 90th and 99th percentile, maximum. */
void figures_write(const char *path);

#endif
