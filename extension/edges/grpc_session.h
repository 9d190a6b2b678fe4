/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/2 of one connection (RFC 9113, by nghttp2): bytes in, calls answered, bytes out. Without
 * I/O; may be fed one byte at a time. Private to the server. */
#ifndef EDGES_GRPC_SESSION_H
#define EDGES_GRPC_SESSION_H

#include <nghttp2/nghttp2.h>

#include "edges/grpc_call.h"
#include "edges/http.h"

/* Calls at once on one connection. */
#define GRPC_STREAMS 128

/* What a sender may have under way. These are not kept in memory: all that comes is taken at once,
 * and http_bodies bounds what is held of it. They are to be large enough for a message of 4 MiB not
 * to wait for our word. */
#define GRPC_STREAM_WINDOW (8 << 20)
#define GRPC_CONNECTION_WINDOW (16 << 20)

struct grpc_stream;

struct grpc_session {
	const struct otlp_sink *sink;
	struct http_bodies *bodies;
	nghttp2_session *h2;         /* made when the first byte comes */
	struct grpc_stream *streams; /* calls that HTTP/2 has not closed */
	unsigned unanswered;         /* of them */
	size_t preface;              /* private: bytes still to come of the client's preface */
};

enum grpc_fed {
	GRPC_FED,
	GRPC_NOT_HTTP2, /* the first bytes are something else; nothing was sent */
	GRPC_BROKEN,    /* it cannot go on, not even with a GOAWAY */
};

/* Both must outlive it. */
void grpc_session_init(struct grpc_session *s, const struct otlp_sink *sink,
		       struct http_bodies *bodies);

enum grpc_fed grpc_session_feed(struct grpc_session *s, struct slice in);

/* What is to be sent next, valid until the next call; empty: nothing now. */
struct slice grpc_session_output(struct grpc_session *s);

/* Nothing more is to be read or sent: all is over, by a GOAWAY of one side. */
bool grpc_session_ended(const struct grpc_session *s);

/* Ends it with a GOAWAY, which is put out: `code` as in RFC 9113, section 7; `text` for people.
 * Calls that it has not seen may be made again elsewhere. False where memory is short. */
bool grpc_session_go_away(struct grpc_session *s, uint32_t code, const char *text);

/* Bytes held for calls that are not answered. */
size_t grpc_session_held(const struct grpc_session *s);

/* Answers those that hold something with UNAVAILABLE, for others need the room. */
void grpc_session_give_way(struct grpc_session *s);

void grpc_session_free(struct grpc_session *s);

#endif
