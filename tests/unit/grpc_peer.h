/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side of HTTP/2 for tests of the gRPC server: calls in, bytes out, replies kept. It
 * does no I/O. */
#ifndef TESTS_UNIT_GRPC_PEER_H
#define TESTS_UNIT_GRPC_PEER_H

#include <nghttp2/nghttp2.h>

#include "base/bytes.h"
#include "wire/otlp.h"

#define PEER_CALLS 400

/* What came for one call. Header fields and trailers are kept as "name: value\n". */
struct peer_call {
	int32_t id;
	struct bytes to_send;
	size_t sent;
	bool ended; /* no more will be added to it */
	struct bytes head, trailers, data;
	unsigned blocks; /* of header fields: 1 is Trailers-Only */
	bool closed;
	uint32_t error; /* with which the stream was closed */
};

struct peer {
	nghttp2_session *h2;
	struct peer_call calls[PEER_CALLS];
	size_t count;
	bool gone; /* a GOAWAY came */
	uint32_t goaway_error;
	char goaway_text[128];
	unsigned pongs, window_updates, settings;
};

struct peer *peer_new(void);
void peer_free(struct peer *p);

/* The path of a signal's Export. */
const char *peer_path(enum otlp_signal signal);

/* Begins a call with all that a call has, and "grpc-encoding" where `encoding` is no NULL. `data`
 * is what DATA frames carry; without `end` more may follow by peer_add(). */
struct peer_call *peer_call(struct peer *p, const char *path, const char *encoding,
			    struct slice data, bool end);

/* The same with header fields of one's own: name, value, ..., NULL. */
struct peer_call *peer_call_with(struct peer *p, const char *const *fields, struct slice data,
				 bool end);

void peer_add(struct peer *p, struct peer_call *call, struct slice data, bool end);

/* Appends a message with its prefix. */
void peer_frame(struct bytes *out, uint8_t flag, struct slice message);

/* Appends all that is to be sent. */
void peer_output(struct peer *p, struct bytes *out);

/* Takes in what the server has sent; all of it must be HTTP/2. */
void peer_input(struct peer *p, struct slice in);

/* Does a whole reply say so? Checks too that nothing is said twice, and the stream was closed
 * without an error. `text` is looked for in grpc-message; NULL: there must be none. */
void peer_expect(const struct peer_call *call, const char *http_status, unsigned code,
		 const char *text);

/* The value of a field in head or trailers, or NULL. */
const char *peer_field(const struct bytes *fields, const char *name, char value[static 512]);

#endif
