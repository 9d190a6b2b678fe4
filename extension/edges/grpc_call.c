/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/grpc_call.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "wire/gzip.h"

/* What HTTP/2 adds to the size of each header field (RFC 9113, section 6.5.2). */
#define FIELD_OVERHEAD 32

/* ---- The head ---- */

static bool is_word(struct slice a, const char *word)
{
	return a.len == strlen(word) && strncasecmp((const char *)a.data, word, a.len) == 0;
}

/* Other names that begin so are other protocols or message formats: gRPC-Web, JSON. */
static bool is_grpc(struct slice type)
{
	const uint8_t *parameters = memchr(type.data, ';', type.len);

	if (parameters)
		type.len = (size_t)(parameters - type.data);
	type = slice_trim(type);
	return is_word(type, "application/grpc") || is_word(type, "application/grpc+proto");
}

static enum grpc_encoding encoding_of(struct slice name)
{
	if (slice_is(name, "gzip"))
		return GRPC_GZIP;
	return slice_is(name, "identity") ? GRPC_IDENTITY : GRPC_ENCODING_UNKNOWN;
}

static void find_method(struct grpc_call *call, struct slice path)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		if (slice_is(path, otlp_method_path((enum otlp_signal)s))) {
			call->known = true;
			call->signal = (enum otlp_signal)s;
		}
	}
}

void grpc_call_header(struct grpc_call *call, struct slice name, struct slice value)
{
	call->head_bytes += name.len + value.len + FIELD_OVERHEAD;
	if (slice_is(name, ":method"))
		call->post = slice_is(value, "POST");
	else if (slice_is(name, ":path"))
		find_method(call, value);
	else if (slice_is(name, "content-type"))
		call->is_grpc = is_grpc(value);
	else if (slice_is(name, "grpc-encoding"))
		call->encoding = encoding_of(value);
}

/* ---- Answers ---- */

void grpc_call_refuse(struct grpc_answer *answer, enum grpc_code code, const char *text)
{
	*answer = (struct grpc_answer){.http_status = 200, .code = code};
	snprintf(answer->text, sizeof(answer->text), "%s", text);
}

bool grpc_call_head(const struct grpc_call *call, struct grpc_answer *answer)
{
	unsigned http_status = 200;

	if (call->head_bytes > GRPC_HEAD_LIMIT) {
		grpc_call_refuse(answer, GRPC_RESOURCE_EXHAUSTED,
				 "the call's header fields are too large");
		http_status = 431;
	} else if (!call->post) {
		grpc_call_refuse(answer, GRPC_UNIMPLEMENTED, "the HTTP method here is POST");
		http_status = 405;
	} else if (!call->is_grpc) {
		grpc_call_refuse(answer, GRPC_INVALID_ARGUMENT, GRPC_ONLY);
		http_status = 415;
	} else if (!call->known) {
		grpc_call_refuse(answer, GRPC_UNIMPLEMENTED,
				 "the methods here are Export of opentelemetry.proto.collector's "
				 "TraceService, LogsService and MetricsService, version 1");
	} else if (call->encoding == GRPC_ENCODING_UNKNOWN) {
		grpc_call_refuse(answer, GRPC_UNIMPLEMENTED,
				 "the encodings accepted here are gzip and identity");
		answer->say_encodings = true;
	} else {
		return true;
	}
	answer->http_status = http_status;
	return false;
}

static void refuse_too_large(struct grpc_answer *answer, const struct otlp_sink *sink)
{
	char text[OTLP_TOO_LARGE_TEXT];

	otlp_say_too_large("a message", sink->limit, OTLP_BODY_LIMIT, text);
	grpc_call_refuse(answer, GRPC_RESOURCE_EXHAUSTED, text);
}

bool grpc_call_data(struct grpc_call *call, const struct otlp_sink *sink, struct slice data,
		    struct grpc_answer *answer)
{
	switch (grpc_message_feed(&call->message, data, sink->limit)) {
	case GRPC_STEP_OK:
		if (!call->message.compressed || call->encoding == GRPC_GZIP)
			return true;
		grpc_call_refuse(
			answer, GRPC_INTERNAL,
			"the message is marked as compressed, and no grpc-encoding says how");
		break;
	case GRPC_STEP_BAD_FLAG:
		grpc_call_refuse(answer, GRPC_INTERNAL,
				 "the message's first byte is neither 0 nor 1");
		break;
	case GRPC_STEP_TOO_LARGE:
		refuse_too_large(answer, sink);
		break;
	case GRPC_STEP_SECOND:
		grpc_call_refuse(answer, GRPC_UNIMPLEMENTED,
				 "a call has one message, and this has more");
		break;
	case GRPC_STEP_NO_MEMORY:
		grpc_call_refuse(answer, GRPC_UNAVAILABLE, "memory is short");
		break;
	}
	return false;
}

/* Leaves the message in `body`. */
static bool decompress(const struct otlp_sink *sink, struct bytes *body, struct grpc_answer *answer)
{
	struct bytes out = {0};
	enum gzip_result result = gzip_decode(bytes_slice(body), sink->limit, &out);

	bytes_free(body);
	*body = out;
	switch (result) {
	case GZIP_OK:
		return true;
	case GZIP_BAD:
		grpc_call_refuse(answer, GRPC_INTERNAL, "the message is not gzip");
		break;
	case GZIP_TOO_LARGE:
		refuse_too_large(answer, sink);
		break;
	case GZIP_NO_MEMORY:
		grpc_call_refuse(answer, GRPC_UNAVAILABLE, "memory is short");
		break;
	}
	return false;
}

void grpc_call_end(struct grpc_call *call, const struct otlp_sink *sink, struct grpc_answer *answer)
{
	struct grpc_message *m = &call->message;
	struct otlp_verdict verdict;

	if (!grpc_message_whole(m)) {
		grpc_call_refuse(answer, grpc_message_begun(m) ? GRPC_INTERNAL : GRPC_UNIMPLEMENTED,
				 grpc_message_begun(m)
					 ? "the call ended within its message"
					 : "a call has one message, and this has none");
		return;
	}
	if (m->compressed && m->length > 0 && !decompress(sink, &m->body, answer))
		return;
	verdict = otlp_check(call->signal, bytes_slice(&m->body));
	if (!verdict.valid) {
		grpc_call_refuse(answer, GRPC_INVALID_ARGUMENT, verdict.why);
		return;
	}
	/* Nothing at all is a valid message too, and nothing to keep. */
	if (m->body.len > 0 && !sink->accept(sink->ctx, call->signal, &m->body, &verdict)) {
		grpc_call_refuse(answer, GRPC_UNAVAILABLE, "there is no room for it now");
		return;
	}
	*answer = (struct grpc_answer){.http_status = 200};
}
