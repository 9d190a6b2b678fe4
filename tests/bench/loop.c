/* SPDX-License-Identifier: Apache-2.0 */
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LIMIT (60 * NS_PER_S)

int64_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t clock_own_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

void die(const char *fmt, ...)
{
	va_list ap;

	fputs("bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

void loop_add(struct loop *loop, int fd, void (*readable)(void *ctx), void *ctx)
{
	if (loop->count == LOOP_FDS)
		die("too many connections");
	loop->entries[loop->count++] = (struct loop_entry){fd, readable, ctx};
}

void loop_remove(struct loop *loop, int fd)
{
	for (unsigned i = 0; i < loop->count; i++) {
		if (loop->entries[i].fd == fd) {
			loop->entries[i] = loop->entries[--loop->count];
			return;
		}
	}
}

/* Entries may go while others are served, so what is called is looked up by its descriptor. */
static void serve(struct loop *loop, int fd)
{
	for (unsigned i = 0; i < loop->count; i++) {
		struct loop_entry entry = loop->entries[i];

		if (entry.fd == fd) {
			entry.readable(entry.ctx);
			return;
		}
	}
}

void loop_turn(struct loop *loop, int timeout_ms)
{
	struct pollfd fds[LOOP_FDS];
	nfds_t count = loop->count;

	for (nfds_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){.fd = loop->entries[i].fd, .events = POLLIN};
	if (poll(fds, count, timeout_ms) < 0 && errno != EINTR)
		die("poll failed");
	for (nfds_t i = 0; i < count; i++)
		if (fds[i].revents)
			serve(loop, fds[i].fd);
}

void loop_to(struct loop *loop, int64_t time)
{
	for (int64_t left; (left = time - clock_now()) > 0;)
		loop_turn(loop, (int)((left + NS_PER_MS - 1) / NS_PER_MS));
}

void loop_until(struct loop *loop, bool (*done)(void *ctx), void *ctx, const char *what)
{
	int64_t limit = clock_now() + LIMIT;

	while (!done(ctx)) {
		loop_turn(loop, 1000);
		if (clock_now() > limit)
			die("waited in vain for %s", what);
	}
}
