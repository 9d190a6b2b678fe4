/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets on which a server listens. Where there is no descriptor or memory for another
 * connection they rest for a moment: the loop must not spin. */
#ifndef EDGES_LISTENERS_H
#define EDGES_LISTENERS_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#define LISTENERS 4

struct listeners;

struct listener {
	struct listeners *all;
	int fd;
	struct event event, timer;
};

struct listeners {
	struct event_base *base;
	/* A connection, which does not block and is not inherited: for this to close. */
	void (*admit)(void *ctx, int fd);
	void *ctx;

	/* Private: {0}. It must not be moved once there is one. */
	struct listener at[LISTENERS];
	size_t count;
	bool rest_told;
};

/* Listens on a literal address; port 0 chooses one. Returns the port, or -errno. */
int listeners_add(struct listeners *all, const char *address, uint16_t port);

/* How many of the sockets have connections that are not yet accepted. */
unsigned listeners_waiting(const struct listeners *all);

void listeners_close(struct listeners *all);

#endif
