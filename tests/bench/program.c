/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Turns of 2 ms. In a cgroup with a quota a program stands still for up to a period of 20 ms. */
#define IDLE_TURNS 5
#define IDLE_TURNS_QUOTA 20
#define VALGRIND "/usr/bin/valgrind"

/* Written by the child before execve(), read here: a page that both see. */
struct birth {
	int64_t at, cpu;
	int error;
};

static struct program *running;
static const char *count_file; /* NULL: programs run as they are */
static char count_option[256];

static int64_t read_clock(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		die("cannot read the program's CPU clock: it has ended");
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void kill_running(void)
{
	if (running && running->pid > 0 && !running->exited)
		kill(running->pid, SIGKILL);
}

static _Noreturn void become(const char *path, char *const *environment, const char *cgroup,
			     int output, struct birth *birth)
{
	char *const name = (char *)(uintptr_t)path;
	char *const plain[] = {name, NULL};
	char *const counted[] = {VALGRIND, "--tool=callgrind", count_option, name, NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (cgroup) {
		int procs = open(cgroup, O_WRONLY | O_CLOEXEC);

		if (procs < 0 || write(procs, "0", 1) != 1)
			goto fail;
	}
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	if (!getenv("BENCH_VERBOSE"))
		dup2(null, STDERR_FILENO);
	birth->cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
	birth->at = clock_now();
	if (count_file)
		execve(VALGRIND, counted, environment);
	else
		execve(path, plain, environment);
fail:
	birth->error = errno;
	_exit(127);
}

static int64_t nanoseconds(const struct timeval *t)
{
	return t->tv_sec * NS_PER_S + t->tv_usec * 1000;
}

static void on_exit_seen(void *ctx)
{
	struct program *program = ctx;
	struct rusage used;

	program->exited_at = clock_now();
	program->exited = true;
	wait4(program->pid, &program->status, 0, &used);
	program->whole_cpu = nanoseconds(&used.ru_utime) + nanoseconds(&used.ru_stime) -
			     program->exec_cpu;
	loop_remove(program->loop, program->pidfd);
	close(program->pidfd);
}

void program_start(struct program *program, struct loop *loop, const char *path,
		   char *const *environment, const char *cgroup)
{
	static struct birth *birth;

	if (!birth) {
		birth = mmap(NULL, sizeof *birth, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (birth == MAP_FAILED)
			die("no memory");
		atexit(kill_running);
	}
	*birth = (struct birth){0};
	if (program->pid > 0)
		close(program->output);
	*program = (struct program){
		.loop = loop,
		.idle_turns = cgroup ? IDLE_TURNS_QUOTA : IDLE_TURNS,
		.output = memfd_create("output", MFD_CLOEXEC),
	};
	if (program->output < 0)
		die("no memory");
	program->pid = vfork();
	if (program->pid == 0)
		become(path, environment, cgroup, program->output, birth);
	/* vfork() returns here when execve() has been called: the two times are there. */
	running = program;
	if (program->pid < 0 || birth->error != 0)
		die("cannot run %s: %s", path, strerror(birth->error));
	program->exec_at = birth->at;
	program->exec_cpu = birth->cpu;
	program->pidfd = (int)syscall(SYS_pidfd_open, program->pid, 0);
	if (program->pidfd < 0 || clock_getcpuclockid(program->pid, &program->cpu_clock) != 0)
		die("cannot watch the program");
	loop_add(loop, program->pidfd, on_exit_seen, program);
}

char *program_output(const struct program *program)
{
	struct stat st;
	char *text;

	if (fstat(program->output, &st) != 0)
		die("cannot see what the program wrote");
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text || pread(program->output, text, (size_t)st.st_size, 0) != st.st_size)
		die("cannot read what the program wrote");
	return text;
}

void program_freeze(const struct program *program)
{
	kill(program->pid, SIGSTOP);
}

void program_thaw(const struct program *program)
{
	kill(program->pid, SIGCONT);
}

void program_count_in(const char *file)
{
	count_file = file;
	snprintf(count_option, sizeof count_option, "--callgrind-out-file=%s", file);
}

int64_t program_instructions(void)
{
	FILE *file = fopen(count_file, "re");
	char *line = NULL;
	size_t cap = 0;
	int64_t count = 0;

	if (!file)
		die("callgrind left no %s", count_file);
	while (getline(&line, &cap, file) > 0)
		if (strncmp(line, "totals:", 7) == 0)
			count = strtoll(line + 7, NULL, 10);
	free(line);
	fclose(file);
	remove(count_file);
	if (count <= 0)
		die("no count in %s", count_file);
	return count;
}

int64_t program_cpu(const struct program *program)
{
	return read_clock(program->cpu_clock) - program->exec_cpu;
}

void program_wait_idle(struct program *program)
{
	int64_t before = program_cpu(program), cpu;
	int64_t limit = clock_now() + 60 * NS_PER_S;

	for (unsigned still = 0; still < program->idle_turns; before = cpu) {
		loop_turn(program->loop, 2);
		if (program->exited)
			die("the program has exited");
		if (clock_now() > limit)
			die("the program never rests");
		cpu = program_cpu(program);
		still = cpu == before ? still + 1 : 0;
	}
}

int64_t program_memory(const struct program *program, const char *line)
{
	char path[64], text[4096];
	const char *found;
	size_t len;
	FILE *file;

	/* Not VmRSS of status: that one lags behind by what each CPU has counted for itself. */
	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", program->pid);
	file = fopen(path, "re");
	if (!file)
		die("cannot read %s", path);
	len = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[len] = 0;
	found = strstr(text, line);
	if (!found || found[strlen(line)] != ':')
		die("no %s in %s", line, path);
	return strtoll(found + strlen(line) + 1, NULL, 10) * 1024;
}

static bool is_gone(void *ctx)
{
	return ((struct program *)ctx)->exited;
}

void program_wait_exit(struct program *program)
{
	loop_until(program->loop, is_gone, program, "the program's end");
	if (!WIFEXITED(program->status) || WEXITSTATUS(program->status) != 0)
		die("the program ended with status %#x", (unsigned)program->status);
	running = NULL;
}
