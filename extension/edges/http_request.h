/* SPDX-License-Identifier: Apache-2.0 */
/* Requests out of bytes, one after the other, within limits: a decoder without I/O that may be fed
 * one byte at a time. Private to the server. */
#ifndef EDGES_HTTP_REQUEST_H
#define EDGES_HTTP_REQUEST_H

#include <llhttp.h>

#include "edges/http.h"

/* Request line and header lines together; for a chunked body as much again of chunk extensions
 * and trailers. */
#define HTTP_HEAD_LIMIT ((size_t)16 << 10)

struct http_field;

enum http_step {
	HTTP_STEP_MORE,    /* all input is used up */
	HTTP_STEP_HEAD,    /* the head is there: `head` and what the flags below say */
	HTTP_STEP_DONE,    /* the body too: take it before going on */
	HTTP_STEP_REFUSED, /* `status` and `message`; nothing more can be read from this peer */
};

struct http_request {
	struct http_head head;
	struct bytes body; /* its length is counted in bodies->held */
	bool begun;        /* the first byte of a request is there, not the last */
	bool body_follows;
	bool expects_continue;
	bool keep_alive; /* known from the head on */
	unsigned status; /* HTTP_STEP_REFUSED: what to answer, and why */
	const char *message;

	/* Private. */
	llhttp_t parser;
	struct http_bodies *bodies;
	enum http_step reached;
	bool past_head;
	size_t head_bytes;
	size_t extra_bytes; /* chunk extensions and trailers */
	size_t body_left;   /* bytes of the body, or of this chunk, that come before all else */
	char target[1024];
	size_t target_len;
	const struct http_field *field; /* whose value comes, where it is of interest */
	bool field_over;
	char name[24];
	size_t name_len;
	char expect[24];
	char transfer_encoding[24];
};

/* `bodies` must outlive it. It must not be moved afterwards. */
void http_request_init(struct http_request *r, struct http_bodies *bodies);

/* Reads on until something has happened and takes what it has read off `input`. To be called again
 * until it says HTTP_STEP_MORE, with no input left as well. */
enum http_step http_request_feed(struct http_request *r, struct slice *input);

/* Where the next bytes belong if they can only be the body's: what is received there, at most
 * *len, need not be copied when it is fed. NULL where that is not so, or memory is short. */
uint8_t *http_request_place(struct http_request *r, size_t *len);

/* Moves the body out; it is no longer counted as held. */
struct bytes http_request_body(struct http_request *r);

/* Frees what is held. */
void http_request_clear(struct http_request *r);

#endif
