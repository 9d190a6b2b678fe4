/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a transfer. */
#ifndef EDGES_TRANSFER_RESULT_H
#define EDGES_TRANSFER_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/grpc_status.h"
#include "wire/otlp_response.h"

/* Why no answer came, as far as there is something to be done about it. */
enum transfer_failure {
	FAILURE_OTHER,
	FAILURE_NAME,       /* the host's is not found */
	FAILURE_CONNECT,    /* nobody listens there, or no way leads there */
	FAILURE_UNTRUSTED,  /* the certificate is of an authority that is not trusted */
	FAILURE_EXPIRED,    /* it is not valid at this time */
	FAILURE_OTHER_HOST, /* it is for another name */
	FAILURE_TLS,        /* no handshake: perhaps no TLS is spoken there */
	FAILURE_PROTOCOL,   /* what came is not HTTP, or not HTTP/2 */
	FAILURE_TIME,       /* none came in time */
};

/* When each step was done, of the last attempt: nanoseconds from its start; 0: it was not, or was
 * not needed, as on a connection that was there. */
struct transfer_times {
	int64_t name;
	int64_t connected;
	int64_t tls;
	int64_t first_byte;
	int64_t all;
};

struct transfer_result {
	unsigned status;               /* HTTP; 0: no whole answer came */
	const char *error;             /* where status is 0: why, for people; else NULL */
	enum transfer_failure failure; /* where `error` is set */
	struct transfer_times times;   /* of a failure, too */
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
