/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP client on a real loopback socket for tests of servers on the loop, in the same thread:
 * whatever it waits for, it turns the loop meanwhile. */
#ifndef TESTS_UNIT_LOOP_CLIENT_H
#define TESTS_UNIT_LOOP_CLIENT_H

#include <event2/event.h>

#include "base/bytes.h"

struct client {
	struct event_base *base;
	int fd;
	struct bytes in; /* what has come and was not yet taken as a reply */
	bool eof;        /* the server sends no more */
	bool broken;     /* reset, or the server does not read any more */
};

struct reply {
	unsigned status;
	char head[1024]; /* status line and header lines, terminated */
	struct bytes body;
};

/* Waits, turning the loop, until the condition holds; fails the test after a minute. */
#define wait_until(base, condition)                                                                \
	do {                                                                                       \
		int64_t end_ = client_deadline();                                                  \
                                                                                                   \
		while (!(condition))                                                               \
			client_turn(base, end_, #condition, __FILE__, __LINE__);                   \
	} while (0)

/* The same without a turn: for what the kernel is still to deliver. */
#define wait_still(condition)                                                                      \
	do {                                                                                       \
		int64_t end_ = client_deadline();                                                  \
                                                                                                   \
		while (!(condition))                                                               \
			client_pause(end_, #condition, __FILE__, __LINE__);                        \
	} while (0)

int64_t client_deadline(void);
void client_pause(int64_t until, const char *what, const char *file, int line);
void client_turn(struct event_base *base, int64_t until, const char *what, const char *file,
		 int line);

/* The only timer that runs, or NULL. */
struct event *loop_timer(struct event_base *base);

/* Connects to 127.0.0.1; the connection may still be in the listener's backlog. */
struct client client_connect(struct event_base *base, int port);

/* Writes it all, turning the loop where the socket is full; stops where the server has gone. */
void client_send(struct client *c, const void *data, size_t len);
void client_say(struct client *c, const char *text);

/* Waits, without a turn of the loop, until all that was sent is there to be read. It must have room
 * there: 64 KiB, if nothing else is unread. */
void client_delivered(struct client *c);

/* Takes in what has come; never waits. */
void client_read(struct client *c);

/* Waits for one whole answer. `to_head` says that the request was HEAD: no body comes. */
struct reply client_reply(struct client *c, bool to_head);

/* The value of a header line in `buffer`, or NULL. */
const char *reply_header(const struct reply *reply, const char *name, char buffer[static 256]);

void reply_free(struct reply *reply);

/* Takes one reply, checks its status and text body (NULL: any) and frees it. */
void client_expect(struct client *c, unsigned status, const char *body);

/* Takes one reply, whatever it is, and returns its status. */
unsigned client_expect_any(struct client *c);

/* Waits for the end of the stream; nothing more may come before it. */
void client_expect_end(struct client *c);

void client_close(struct client *c);

/* Closes with a reset, as a process that is killed may. */
void client_reset(struct client *c);

#endif
