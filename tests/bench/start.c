/* SPDX-License-Identifier: Apache-2.0 */
#include "figures.h"
#include "scenarios.h"

static double ms(int64_t ns)
{
	return (double)ns / NS_PER_MS;
}

static double mb(int64_t bytes)
{
	return (double)bytes / 1e6;
}

static void one_start(struct bench *bench, const struct subject *subject)
{
	const char *name = subject->name;
	const struct lambda *lambda = &bench->lambda;
	int64_t own = clock_own_cpu(), before;

	bench_begin(bench, subject);
	figures_add("start.wall_ms", name, ms(lambda->next_at - bench->program.exec_at));
	figures_add("start.cpu_ms", name, ms(lambda->next_cpu));
	figures_add("start.wall_ms", "driver", ms(clock_own_cpu() - own));
	program_wait_idle(&bench->program);
	before = program_cpu(&bench->program);
	figures_add("start.cpu_until_idle_ms", name, ms(before));
	figures_add("idle.rss_mb", name, mb(program_memory(&bench->program, "Rss")));
	figures_add("idle.rss_anon_mb", name, mb(program_memory(&bench->program, "Anonymous")));
	figures_add("shutdown.wall_ms", name, ms(bench_end(bench)));
	figures_add("shutdown.cpu_ms", name, ms(bench->program.whole_cpu - before));
}

void scenario_start(struct bench *bench, const struct subject *subjects, unsigned count,
		    unsigned runs)
{
	for (unsigned run = 0; run < runs; run++)
		for (unsigned i = 0; i < count; i++)
			one_start(bench, &subjects[i]);
}
