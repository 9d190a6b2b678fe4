/* SPDX-License-Identifier: Apache-2.0 */
/* Becomes the program TURNS_PROGRAM and has a child of its own trace it, which writes to TURNS_FILE
 * a line for each turn of the program's event loop: the nanoseconds of CPU between the end of one
 * epoll_pwait() and the begin of the next. For so long nobody is answered. Exit code 3 where the
 * machine allows no tracing. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NO_TRACING 3
#define OPTIONS (PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD)

static long long cpu_of(clockid_t clock)
{
	struct timespec t = {0};

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Goes on after a stop that is none of ours: a signal, or that it is to stand still. */
static void pass_on(pid_t pid, int status)
{
	bool stands_still = status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;

	if (stands_still)
		ptrace(PTRACE_LISTEN, pid, NULL, NULL);
	else
		ptrace(PTRACE_CONT, pid, NULL, status >> 16 ? 0 : (long)WSTOPSIG(status));
}

static void trace(pid_t pid, FILE *out)
{
	long long since = -1;
	clockid_t clock;
	int status;

	clock_getcpuclockid(pid, &clock);
	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) { /* waits again */
			if (since >= 0)
				fprintf(out, "%lld\n", cpu_of(clock) - since);
			ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) { /* has waited */
			since = cpu_of(clock);
			ptrace(PTRACE_CONT, pid, NULL, NULL);
		} else {
			pass_on(pid, status);
		}
	}
}

/* Tells by a byte that the program may begin. */
static int tracer(pid_t pid, int ready)
{
	FILE *out = fopen(getenv("TURNS_FILE"), "we");

	if (!out || ptrace(PTRACE_SEIZE, pid, NULL, OPTIONS) != 0 || write(ready, "", 1) != 1)
		return 1;
	setlinebuf(out);
	trace(pid, out);
	return fclose(out) != 0;
}

static bool stop_at_epoll(void)
{
	static struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static const struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int main(int argc, char **argv)
{
	pid_t own = getpid(), child;
	int ready[2];
	char byte;

	if (argc != 1 || !getenv("TURNS_PROGRAM") || !getenv("TURNS_FILE") ||
	    pipe2(ready, O_CLOEXEC) != 0)
		return 2;
	child = fork();
	if (child == 0) {
		close(ready[0]);
		_exit(tracer(own, ready[1]));
	}
	close(ready[1]);
	/* Where a process may only trace its descendants. */
	prctl(PR_SET_PTRACER, child, 0, 0, 0);
	if (child < 0 || read(ready[0], &byte, 1) != 1 || !stop_at_epoll())
		return NO_TRACING;
	argv[0] = getenv("TURNS_PROGRAM");
	execv(argv[0], argv);
	return NO_TRACING;
}
