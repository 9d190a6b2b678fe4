/* SPDX-License-Identifier: Apache-2.0 */
/* A control group with the CPU share of a small function. */
#ifndef BENCH_SHARE_H
#define BENCH_SHARE_H

/* A group with the share of a function of `megabytes`: Lambda gives one core at 1,769 MB. Returns
 * the path of its cgroup.procs, or NULL and in `why` the reason why this machine has none. Removed
 * when the benchmark ends. */
const char *share_make(unsigned megabytes, const char **why);

#endif
