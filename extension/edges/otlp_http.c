/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/otlp_http.h"

#include <stdio.h>
#include <string.h>

#include "status.pb-c.h"
#include "wire/gzip.h"

#define PROTOBUF "application/x-protobuf"

static const struct {
	const char *path;
	enum otlp_signal signal;
} routes[] = {
	{"/v1/traces", OTLP_TRACES},
	{"/v1/logs", OTLP_LOGS},
	{"/v1/metrics", OTLP_METRICS},
};

/* Error bodies carry gRPC's number for the same thing (google.rpc.Code). */
static const struct {
	unsigned status;
	int32_t code;
} codes[] = {
	{400, 3},                                                      /* INVALID_ARGUMENT */
	{404, 5},                                                      /* NOT_FOUND */
	{405, 12},                                                     /* UNIMPLEMENTED */
	{413, 8},                                                      /* RESOURCE_EXHAUSTED */
	{414, 3},  {415, 3}, {417, 3}, {431, 8}, {501, 12}, {503, 14}, /* UNAVAILABLE */
	{505, 12},
};

static int32_t code_of(unsigned status)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].status == status)
			return codes[i].code;
	}
	return 2; /* UNKNOWN */
}

static bool find_signal(struct slice path, enum otlp_signal *signal)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (slice_is(path, routes[i].path)) {
			*signal = routes[i].signal;
			return true;
		}
	}
	return false;
}

static bool is_gzip(const struct http_head *head)
{
	/* "x-gzip" is another word for it (RFC 9110, section 8.4.1.3). */
	return strcmp(head->content_encoding, "gzip") == 0 ||
	       strcmp(head->content_encoding, "x-gzip") == 0;
}

static bool is_plain(const struct http_head *head)
{
	return !head->content_encoding[0] || strcmp(head->content_encoding, "identity") == 0;
}

/* A google.rpc.Status, which the specification wants as the body of every error. Without memory
 * for it the answer goes out without a body. */
static void describe(struct http_answer *answer, const char *message)
{
	Rpc__Status status = RPC__STATUS__INIT;
	size_t size;

	status.code = code_of(answer->status);
	status.message = message;
	size = rpc__status__get_packed_size(&status);
	if (!bytes_reserve(&answer->body, size)) {
		bytes_free(&answer->body);
		return;
	}
	answer->body.len = rpc__status__pack(&status, answer->body.data);
	answer->content_type = PROTOBUF;
}

static void refuse(struct http_answer *answer, unsigned status, const char *header,
		   const char *message)
{
	answer->status = status;
	answer->header = header;
	describe(answer, message);
}

/* Says what helps. */
static void describe_too_large(const struct otlp_sink *sink, struct http_answer *answer)
{
	char message[160];

	snprintf(message, sizeof(message), "a request may have %zu bytes%s: send less at once%s",
		 sink->limit, sink->limit < OTLP_BODY_LIMIT ? ", half of LULL_BUFFER" : "",
		 sink->limit < OTLP_BODY_LIMIT ? ", or set that higher" : "");
	describe(answer, message);
}

static void otlp_refused(void *ctx, const struct http_head *head, const char *message,
			 struct http_answer *answer)
{
	(void)head;
	if (answer->status == 413)
		describe_too_large(ctx, answer);
	else
		describe(answer, message);
}

static void otlp_grew(void *ctx)
{
	const struct otlp_sink *sink = ctx;

	if (sink->grew)
		sink->grew(sink->ctx);
}

static void otlp_head(void *ctx, const struct http_head *head, struct http_answer *answer)
{
	enum otlp_signal signal;

	(void)ctx;
	if (!find_signal(head->path, &signal))
		refuse(answer, 404, NULL,
		       "the paths here are /v1/traces, /v1/logs and /v1/metrics");
	else if (strcmp(head->method, "POST") != 0)
		refuse(answer, 405, "Allow: POST", "the method here is POST");
	else if (strcmp(head->content_type, PROTOBUF) != 0)
		refuse(answer, 415, NULL, "the content type accepted here is " PROTOBUF);
	else if (!is_gzip(head) && !is_plain(head))
		refuse(answer, 415, "Accept-Encoding: gzip, identity",
		       "the content encodings accepted here are gzip and identity");
}

/* Leaves the message in `body`; false, and the answer is there, where it is none. */
static bool decompress(const struct otlp_sink *sink, struct bytes *body, struct http_answer *answer)
{
	struct bytes out = {0};
	enum gzip_result result = gzip_decode(bytes_slice(body), sink->limit, &out);

	bytes_free(body);
	*body = out;
	switch (result) {
	case GZIP_OK:
		return true;
	case GZIP_BAD:
		refuse(answer, 400, NULL, "the body is not gzip");
		break;
	case GZIP_TOO_LARGE:
		answer->status = 413;
		describe_too_large(sink, answer);
		break;
	case GZIP_NO_MEMORY:
		refuse(answer, 503, "Retry-After: 1", "memory is short");
		break;
	}
	return false;
}

static void otlp_request(void *ctx, const struct http_head *head, struct bytes *body,
			 struct http_answer *answer)
{
	const struct otlp_sink *sink = ctx;
	enum otlp_signal signal = OTLP_TRACES;
	struct otlp_verdict verdict;

	find_signal(head->path, &signal); /* found before, or otlp_head() had refused */
	if (is_gzip(head) && body->len > 0 && !decompress(sink, body, answer))
		return;
	verdict = otlp_check(signal, bytes_slice(body));
	if (!verdict.valid) {
		refuse(answer, 400, NULL, verdict.why);
		return;
	}
	/* Nothing at all is a valid message too, and nothing to keep. */
	if (body->len > 0 && !sink->accept(sink->ctx, signal, body, &verdict)) {
		refuse(answer, 503, "Retry-After: 1", "there is no room for it now");
		return;
	}
	/* Full success is an empty Export*ServiceResponse, and that is no bytes. */
	answer->status = 200;
	answer->content_type = PROTOBUF;
}

size_t otlp_body_limit(size_t memory)
{
	return memory / 2 < OTLP_BODY_LIMIT ? memory / 2 : OTLP_BODY_LIMIT;
}

struct http_handler otlp_http_handler(const struct otlp_sink *sink)
{
	return (struct http_handler){
		.head = otlp_head,
		.request = otlp_request,
		.refused = otlp_refused,
		.grew = otlp_grew,
		.ctx = (void *)(uintptr_t)sink,
	};
}
