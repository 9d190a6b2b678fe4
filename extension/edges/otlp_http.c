/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/otlp_http.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "status.pb-c.h"
#include "wire/gzip.h"
#include "wire/otlp_json.h"

#define PROTOBUF "application/x-protobuf"
#define JSON "application/json"

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

static bool is_json(const struct http_head *head)
{
	return strcmp(head->content_type, JSON) == 0;
}

/* The largest message of its kind, and how large this one may be. */
static size_t largest(const struct http_head *head)
{
	return is_json(head) ? OTLP_JSON_LIMIT : OTLP_BODY_LIMIT;
}

static size_t limit_of(const struct otlp_sink *sink, const struct http_head *head)
{
	return sink->limit < largest(head) ? sink->limit : largest(head);
}

/* A google.rpc.Status, which the specification wants as the body of every error, in the encoding of
 * the request. Without memory for it the answer goes out without a body. */
static void describe(const struct http_head *head, struct http_answer *answer, const char *message)
{
	Rpc__Status status = RPC__STATUS__INIT;
	struct bytes packed = {0};

	status.code = code_of(answer->status);
	status.message = message;
	if (!bytes_reserve(&packed, rpc__status__get_packed_size(&status)))
		return;
	packed.len = rpc__status__pack(&status, packed.data);
	if (!is_json(head)) {
		answer->body = packed;
		answer->content_type = PROTOBUF;
		return;
	}
	if (otlp_json_encode_message(&rpc__status__descriptor, bytes_slice(&packed), &answer->body))
		answer->content_type = JSON;
	else
		bytes_free(&answer->body);
	bytes_free(&packed);
}

static void refuse(const struct http_head *head, struct http_answer *answer, unsigned status,
		   const char *message)
{
	answer->status = status;
	if (status == 503)
		answer->header = "Retry-After: 1";
	describe(head, answer, message);
}

void otlp_say_too_large(const char *what, size_t limit, size_t largest,
			char text[static OTLP_TOO_LARGE_TEXT])
{
	bool by_setting = limit < largest;

	snprintf(text, OTLP_TOO_LARGE_TEXT, "%s may have %zu bytes%s: send less at once%s", what,
		 limit, by_setting ? ", half of LULL_BUFFER" : "",
		 by_setting ? ", or set that higher" : "");
}

static void refuse_too_large(const struct otlp_sink *sink, const struct http_head *head,
			     struct http_answer *answer)
{
	char text[OTLP_TOO_LARGE_TEXT];

	otlp_say_too_large(is_json(head) ? "a request in JSON" : "a request", limit_of(sink, head),
			   largest(head), text);
	refuse(head, answer, 413, text);
}

/* HTTP/2 is gRPC on the wrong port. Its clients show nothing of an answer in HTTP/1.1, so it is the
 * log that says it: once, for they try again and again. */
static void say_wrong_port(void)
{
	static bool said;

	if (!said)
		log_warn("HTTP/2, as of gRPC, came to the port of OTLP/HTTP and was refused: point "
			 "that SDK at the port of LULL_GRPC_PORT; for lull-wrap to do so set "
			 "OTEL_EXPORTER_OTLP_PROTOCOL=grpc");
	said = true;
}

static void otlp_refused(void *ctx, const struct http_head *head, const char *message,
			 struct http_answer *answer)
{
	if (answer->status == 505)
		say_wrong_port();
	if (answer->status == 413)
		refuse_too_large(ctx, head, answer);
	else
		describe(head, answer, message);
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

	if (!find_signal(head->path, &signal)) {
		refuse(head, answer, 404,
		       "the paths here are /v1/traces, /v1/logs and /v1/metrics");
	} else if (strcmp(head->method, "POST") != 0) {
		answer->header = "Allow: POST";
		refuse(head, answer, 405, "the method here is POST");
	} else if (strcmp(head->content_type, PROTOBUF) != 0 && !is_json(head)) {
		refuse(head, answer, 415,
		       "the content types accepted here are " PROTOBUF " and " JSON);
	} else if (!is_gzip(head) && !is_plain(head)) {
		answer->header = "Accept-Encoding: gzip, identity";
		refuse(head, answer, 415,
		       "the content encodings accepted here are gzip and identity");
	} else if (head->has_length && head->length > limit_of(ctx, head)) {
		refuse_too_large(ctx, head, answer);
	}
}

/* Leaves the message in `body`; false, and the answer is there, where it is none. */
static bool decompress(const struct otlp_sink *sink, const struct http_head *head,
		       struct bytes *body, struct http_answer *answer)
{
	struct bytes out = {0};
	enum gzip_result result = gzip_decode(bytes_slice(body), limit_of(sink, head), &out);

	bytes_free(body);
	*body = out;
	switch (result) {
	case GZIP_OK:
		return true;
	case GZIP_BAD:
		refuse(head, answer, 400, "the body is not gzip");
		break;
	case GZIP_TOO_LARGE:
		refuse_too_large(sink, head, answer);
		break;
	case GZIP_NO_MEMORY:
		refuse(head, answer, 503, "memory is short");
		break;
	}
	return false;
}

/* Likewise, from JSON to protobuf. */
static bool translate(const struct http_head *head, enum otlp_signal signal, struct bytes *body,
		      struct http_answer *answer)
{
	static const unsigned statuses[] = {
		[OTLP_JSON_BAD] = 400,
		[OTLP_JSON_TOO_LARGE] = 413,
		[OTLP_JSON_NO_MEMORY] = 503,
	};
	struct bytes out = {0};
	const char *why;
	enum otlp_json_result result = otlp_json_decode(signal, bytes_slice(body), &out, &why);

	bytes_free(body);
	*body = out;
	if (result != OTLP_JSON_OK)
		refuse(head, answer, statuses[result], why);
	return result == OTLP_JSON_OK;
}

/* Full success is an empty Export*ServiceResponse: in protobuf that is no bytes. */
static void succeed(const struct http_head *head, struct http_answer *answer)
{
	answer->status = 200;
	answer->content_type = is_json(head) ? JSON : PROTOBUF;
	if (is_json(head))
		bytes_add(&answer->body, slice_str("{}"));
}

static void otlp_request(void *ctx, const struct http_head *head, struct bytes *body,
			 struct http_answer *answer)
{
	const struct otlp_sink *sink = ctx;
	enum otlp_signal signal = OTLP_TRACES;
	struct otlp_verdict verdict;

	find_signal(head->path, &signal); /* found before, or otlp_head() had refused */
	if (is_gzip(head) && body->len > 0 && !decompress(sink, head, body, answer))
		return;
	if (is_json(head) && !translate(head, signal, body, answer))
		return;
	verdict = otlp_check(signal, bytes_slice(body));
	if (!verdict.valid) {
		refuse(head, answer, 400, verdict.why);
		return;
	}
	/* Nothing at all is a valid message too, and nothing to keep. */
	if (body->len > 0 && !sink->accept(sink->ctx, signal, body, &verdict)) {
		refuse(head, answer, 503, "there is no room for it now");
		return;
	}
	succeed(head, answer);
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
