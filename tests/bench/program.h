/* SPDX-License-Identifier: Apache-2.0 */
/* The program that is measured, as a child. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <sys/types.h>

#include "loop.h"

struct program {
	pid_t pid; /* 0: none */
	int pidfd;
	clockid_t cpu_clock;
	int64_t exec_at;  /* CLOCK_MONOTONIC right before execve() */
	int64_t exec_cpu; /* what the child had used until then */
	struct loop *loop;
	bool exited;
	int64_t exited_at;
	int status;          /* as of waitpid() */
	unsigned idle_turns; /* without CPU in a row, until it is taken for resting */
	int64_t whole_cpu;   /* nanoseconds from execve() to the exit */
	int output;          /* a file in memory */
};

/* Runs `path` with that environment (NULL-terminated) in the cgroup whose cgroup.procs is `cgroup`
 * (NULL: in this one). Its standard output is kept; its standard error goes to /dev/null unless
 * BENCH_VERBOSE is set. When the benchmark ends it is killed. */
void program_start(struct program *program, struct loop *loop, const char *path,
		   char *const *environment, const char *cgroup);

/* From now on programs run under callgrind (at /usr/bin/valgrind), which leaves its count in
 * `file`. */
void program_count_in(const char *file);

/* Instructions of the program that has exited, all of its threads, from its start to its end. */
int64_t program_instructions(void);

/* What it has written to standard output so far; the caller frees it. */
char *program_output(const struct program *program);

/* As Lambda does between two invocations: it does not run until it is thawed. */
void program_freeze(const struct program *program);
void program_thaw(const struct program *program);

/* Nanoseconds of CPU, user and system, since execve(). */
int64_t program_cpu(const struct program *program);

/* Serves the loop until the program has done nothing for a few milliseconds. */
void program_wait_idle(struct program *program);

/* Bytes of a line of /proc/PID/smaps_rollup such as Rss or Anonymous. */
int64_t program_memory(const struct program *program, const char *line);

/* Serves the loop until it has exited; anything but exit code 0 ends the benchmark. */
void program_wait_exit(struct program *program);

#endif
