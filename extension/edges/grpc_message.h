/* SPDX-License-Identifier: Apache-2.0 */
/* The one message of a unary call out of what DATA frames carry: a flag, a length of four bytes,
 * the message (gRPC over HTTP/2, "Length-Prefixed-Message"). A decoder without I/O. */
#ifndef EDGES_GRPC_MESSAGE_H
#define EDGES_GRPC_MESSAGE_H

#include "base/bytes.h"

#define GRPC_PREFIX 5

enum grpc_step {
	GRPC_STEP_OK,
	GRPC_STEP_BAD_FLAG,  /* neither 0 nor 1 */
	GRPC_STEP_TOO_LARGE, /* it is announced to be larger than the limit */
	GRPC_STEP_SECOND,    /* more follows, and a unary call has one message */
	GRPC_STEP_NO_MEMORY,
};

struct grpc_message {
	struct bytes body; /* what has come of it */
	size_t length;     /* what it will have; known with the prefix */
	bool compressed;   /* the flag */

	/* Private. */
	uint8_t prefix[GRPC_PREFIX];
	size_t prefix_len;
};

/* The prefix of a message of `len` bytes, fewer than 2^32. */
void grpc_message_prefix(size_t len, bool compressed, uint8_t out[static GRPC_PREFIX]);

/* {0} is the start. May be fed one byte at a time; after anything but GRPC_STEP_OK no more. What
 * is held is at most what has come, and what was announced of it up to 1 MiB. */
enum grpc_step grpc_message_feed(struct grpc_message *m, struct slice in, size_t limit);

/* Has it begun? Is all of it there? */
bool grpc_message_begun(const struct grpc_message *m);
bool grpc_message_whole(const struct grpc_message *m);

#endif
