/* SPDX-License-Identifier: Apache-2.0 */
/* The bare minimum for the way of data through an extension: a process that takes a message with
 * recv(), answers it, and sends the same bytes on to the backend. */
#ifndef BENCH_RELAY_H
#define BENCH_RELAY_H

#include <sys/types.h>

#include "loop.h"

struct relay {
	pid_t pid;
	uint16_t port; /* takes one connection */
	clockid_t cpu_clock;
};

/* Starts it; messages go on to that port of 127.0.0.1 (0: they end here). */
void relay_start(struct relay *relay, uint16_t backend);

/* Nanoseconds of CPU, user and system, since it is there. */
int64_t relay_cpu(const struct relay *relay);

/* To be called when the connection to it is closed. */
void relay_stop(struct relay *relay);

#endif
