/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of a call as HTTP/2 has it (gRPC over HTTP/2, "Responses"). Private to the session. */
#ifndef EDGES_GRPC_REPLY_H
#define EDGES_GRPC_REPLY_H

#include <nghttp2/nghttp2.h>

#include "edges/grpc_call.h"

struct grpc_reply {
	size_t said; /* bytes of its message */
};

/* Answers the call on that stream, once; `reply`, which is {0}, must stay where it is as long as
 * the stream is there. False where memory is short. */
bool grpc_reply(nghttp2_session *h2, int32_t stream, const struct grpc_answer *answer,
		struct grpc_reply *reply);

#endif
