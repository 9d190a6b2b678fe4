/* SPDX-License-Identifier: Apache-2.0 */
/* The benchmark's own loop: few sockets, poll(), one thread, waits that are bounded. */
#ifndef BENCH_LOOP_H
#define BENCH_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#define LOOP_FDS 64
#define NS_PER_MS 1000000
#define NS_PER_S 1000000000LL

struct loop {
	struct loop_entry {
		int fd;
		void (*readable)(void *ctx);
		void *ctx;
	} entries[LOOP_FDS];
	unsigned count;
};

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t clock_now(void);

/* Nanoseconds of CPU that the benchmark itself has used. */
int64_t clock_own_cpu(void);

/* `readable` is called whenever there is something to read, until loop_remove(). */
void loop_add(struct loop *loop, int fd, void (*readable)(void *ctx), void *ctx);
void loop_remove(struct loop *loop, int fd);

/* Serves what is there, waiting for it at most `timeout_ms` (-1: without a bound). */
void loop_turn(struct loop *loop, int timeout_ms);

/* Serves until that time of CLOCK_MONOTONIC, to the millisecond above. */
void loop_to(struct loop *loop, int64_t time);

/* Turns until `done`; ends the benchmark with a message about `what` after 60 seconds. */
void loop_until(struct loop *loop, bool (*done)(void *ctx), void *ctx, const char *what);

/* Ends the benchmark: a figure that cannot be had must not look like one. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
