/* SPDX-License-Identifier: Apache-2.0 */
/* How a unary call ended for the one who made it (gRPC over HTTP/2, "Responses"). Without I/O. */
#ifndef EDGES_GRPC_RESPONSE_H
#define EDGES_GRPC_RESPONSE_H

#include "wire/grpc_status.h"
#include "wire/otlp_response.h"

/* A message has no more. */
#define GRPC_RESPONSE_LIMIT ((size_t)64 << 10)

/* What came in header fields and trailers; NULL where there was none. */
struct grpc_fields {
	unsigned http_status;
	const char *content_type;
	const char *encoding; /* grpc-encoding */
	const char *status;   /* grpc-status */
	const char *message;  /* grpc-message */
	const char *details;  /* grpc-status-details-bin */
};

struct grpc_response {
	enum grpc_code code;
	bool retry_info;     /* the backend says that it can recover, */
	int64_t retry_after; /* and when: nanoseconds, 0: at some time */
	enum otlp_form form; /* of the body: a response's message, or words */
	struct bytes body;
};

/* Did the answer break off before its status? Who sends what is not gRPC, or another HTTP status,
 * has said all there is. */
bool grpc_response_broke_off(const struct grpc_fields *fields);

/* `data` is what the DATA frames carried. Without a grpc-status the code is what the HTTP status
 * means, and the words are for people who have set the wrong protocol. To be freed with
 * grpc_response_free(). */
void grpc_response_read(struct grpc_response *response, const struct grpc_fields *fields,
			struct slice data);
void grpc_response_free(struct grpc_response *response);

#endif
