/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the OTLP/gRPC receiver, without the connection it comes over: Export of TraceService,
 * LogsService and MetricsService (OTLP specification, section OTLP/gRPC; gRPC over HTTP/2). */
#ifndef EDGES_GRPC_CALL_H
#define EDGES_GRPC_CALL_H

#include "edges/grpc_message.h"
#include "edges/otlp_http.h"
#include "wire/grpc_status.h"

/* Header fields of a call together, as HTTP/2 counts them: 32 bytes more for each. */
#define GRPC_HEAD_LIMIT ((size_t)16 << 10)

/* What one who speaks another protocol is told here. */
#define GRPC_ONLY                                                                                  \
	"this port takes OTLP/gRPC (application/grpc, protobuf); OTLP/HTTP is taken on the port "  \
	"of LULL_HTTP_PORT"

enum grpc_encoding { GRPC_IDENTITY, GRPC_GZIP, GRPC_ENCODING_UNKNOWN };

/* {0} is the start. */
struct grpc_call {
	size_t head_bytes;
	bool post, is_grpc, known;
	enum otlp_signal signal; /* where `known` */
	enum grpc_encoding encoding;
	struct grpc_message message;
};

struct grpc_answer {
	unsigned http_status;
	enum grpc_code code;
	char text[GRPC_STATUS_TEXT]; /* for people; "" with GRPC_OK */
	bool say_encodings;          /* add grpc-accept-encoding */
};

/* A header field of the call; names come in lower case. What is not named here is passed over, and
 * so is grpc-timeout: the answer is there as soon as the message is. */
void grpc_call_header(struct grpc_call *call, struct slice name, struct slice value);

/* These return true as long as all is well, else the call is refused and `answer` filled in. To be
 * called once when the header fields are there, then for all that comes. */
bool grpc_call_head(const struct grpc_call *call, struct grpc_answer *answer);
bool grpc_call_data(struct grpc_call *call, const struct otlp_sink *sink, struct slice data,
		    struct grpc_answer *answer);

/* All has come: hands the message to the sink. Fills in the answer, which is GRPC_OK where the sink
 * took it. */
void grpc_call_end(struct grpc_call *call, const struct otlp_sink *sink,
		   struct grpc_answer *answer);

void grpc_call_refuse(struct grpc_answer *answer, enum grpc_code code, const char *text);

#endif
