/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a transfer. */
#ifndef EDGES_TRANSFER_RESULT_H
#define EDGES_TRANSFER_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct transfer_result {
	unsigned status;     /* HTTP; 0: no whole answer came */
	const char *error;   /* where status is 0: why, for people; else NULL */
	struct slice body;   /* at most TRANSFER_ANSWER_LIMIT of it; valid during the call */
	bool protobuf;       /* the answer says that it is */
	int64_t retry_after; /* nanoseconds, what that header asks for; 0: nothing */
	/* The request went out whole at least once without an answer to that: the backend may have
	 * taken it (more than once, where there was an answer in the end). */
	bool maybe_taken;
};

#define TRANSFER_ANSWER_LIMIT ((size_t)64 << 10)

/* Called once, unless the transfer is cancelled before; the transfer is gone then. */
typedef void transfer_done(void *ctx, const struct transfer_result *result);

#endif
