/* SPDX-License-Identifier: Apache-2.0 */
#include "base/now.h"

#include <time.h>

static int64_t read_clock(clockid_t clock)
{
	struct timespec t = {0};

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

struct now now_read(void)
{
	return (struct now){
		.mono = read_clock(CLOCK_MONOTONIC),
		.boot = read_clock(CLOCK_BOOTTIME),
		.real = read_clock(CLOCK_REALTIME),
	};
}

static int64_t later(int64_t before, int64_t after, int64_t gap)
{
	int64_t passed;

	return !__builtin_sub_overflow(after, before, &passed) && passed > gap ? passed : gap;
}

int64_t now_gap(struct now before, struct now after)
{
	int64_t gap = later(before.mono, after.mono, 0);

	gap = later(before.boot, after.boot, gap);
	return later(before.real, after.real, gap);
}
