/* SPDX-License-Identifier: Apache-2.0 */
/* A sink that keeps what it was given last, for the tests of the gRPC server. */
#ifndef TESTS_UNIT_GRPC_SINK_H
#define TESTS_UNIT_GRPC_SINK_H

#include "edges/otlp_http.h"
#include "wire/pb.h"

struct grpc_sink {
	struct otlp_sink sink;
	bool full;
	unsigned accepted, grew;
	enum otlp_signal signal;
	struct bytes message;
	struct otlp_verdict verdict;
};

static inline bool grpc_sink_accept(void *ctx, enum otlp_signal signal, struct bytes *message,
				    const struct otlp_verdict *verdict)
{
	struct grpc_sink *s = ctx;

	if (s->full)
		return false;
	s->accepted++;
	s->signal = signal;
	bytes_free(&s->message);
	s->message = bytes_move(message);
	s->verdict = *verdict;
	return true;
}

static inline void grpc_sink_grew(void *ctx)
{
	struct grpc_sink *s = ctx;

	s->grew++;
}

static inline void grpc_sink_init(struct grpc_sink *s, size_t limit)
{
	*s = (struct grpc_sink){
		.sink = {.accept = grpc_sink_accept, .grew = grpc_sink_grew, .limit = limit},
	};
	s->sink.ctx = s;
}

/* Resource* { Scope* { an item with a field of `len` bytes 'x' } }, of any signal but metrics. */
static inline struct bytes grpc_sink_request(size_t len)
{
	struct bytes out = {0};
	size_t resource = pb_begin(&out, 1), scope = pb_begin(&out, 2), item = pb_begin(&out, 2);
	size_t text = pb_begin(&out, 5);

	while (len-- > 0)
		bytes_addc(&out, 'x');
	pb_end(&out, text);
	pb_end(&out, item);
	pb_end(&out, scope);
	pb_end(&out, resource);
	return out;
}

#endif
