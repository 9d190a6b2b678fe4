/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a transfer. */
#ifndef EDGES_TRANSFER_RESULT_H
#define EDGES_TRANSFER_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/grpc_status.h"
#include "wire/otlp_response.h"

struct transfer_result {
	unsigned status;     /* HTTP; 0: no whole answer came */
	const char *error;   /* where status is 0: why, for people; else NULL */
	struct slice body;   /* at most TRANSFER_ANSWER_LIMIT of it; valid during the call */
	enum otlp_form form; /* what the answer says that the body is */
	bool is_grpc; /* it ended with `code`, of gRPC; the body is then its message, or words */
	enum grpc_code code;
	bool retry_info;     /* gRPC: the backend says that it can recover */
	int64_t retry_after; /* nanoseconds, what the backend asks for; 0: nothing */
	/* The request went out whole at least once without an answer to that: the backend may have
	 * taken it (more than once, where there was an answer in the end). */
	bool maybe_taken;
};

#define TRANSFER_ANSWER_LIMIT ((size_t)64 << 10)

/* Called once, unless the transfer is cancelled before; the transfer is gone then. */
typedef void transfer_done(void *ctx, const struct transfer_result *result);

#endif
