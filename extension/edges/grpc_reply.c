/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/grpc_reply.h"

#include <stdio.h>
#include <string.h>

/* nghttp2 copies both. */
static nghttp2_nv field(const char *name, const char *value)
{
	return (nghttp2_nv){
		.name = (uint8_t *)(uintptr_t)name,
		.value = (uint8_t *)(uintptr_t)value,
		.namelen = strlen(name),
		.valuelen = strlen(value),
	};
}

/* The message, of which there is the prefix alone, "not compressed, no bytes": full success is an
 * empty Export*ServiceResponse. Behind it come the trailers. */
/* NOLINTNEXTLINE(readability-function-size): so many parameters are nghttp2's. */
static ssize_t read_message(nghttp2_session *h2, int32_t stream, uint8_t *to, size_t len,
			    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct grpc_reply *reply = source->ptr;
	nghttp2_nv status = field("grpc-status", "0");

	(void)arg;
	if (len > GRPC_PREFIX - reply->said)
		len = GRPC_PREFIX - reply->said;
	memset(to, 0, len);
	reply->said += len;
	if (reply->said == GRPC_PREFIX) {
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		if (nghttp2_submit_trailer(h2, stream, &status, 1) != 0)
			return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	return (ssize_t)len;
}

static int say_success(nghttp2_session *h2, int32_t stream, struct grpc_reply *reply)
{
	nghttp2_data_provider message = {.source.ptr = reply, .read_callback = read_message};
	nghttp2_nv head[] = {
		field(":status", "200"),
		field("content-type", "application/grpc"),
	};

	return nghttp2_submit_response(h2, stream, head, 2, &message);
}

/* "Trailers-Only": one block of header fields says all. */
static int say_refusal(nghttp2_session *h2, int32_t stream, const struct grpc_answer *answer)
{
	char http_status[16], code[16], text[GRPC_STATUS_TEXT];

	snprintf(http_status, sizeof(http_status), "%u", answer->http_status);
	snprintf(code, sizeof(code), "%u", (unsigned)answer->code);
	grpc_status_encode(answer->text, text);

	nghttp2_nv head[] = {
		field(":status", http_status),
		field("content-type", "application/grpc"),
		field("grpc-status", code),
		field("grpc-message", text),
		field("grpc-accept-encoding", "gzip,identity"), /* where it is to be said */
	};

	return nghttp2_submit_response(h2, stream, head, answer->say_encodings ? 5 : 4, NULL);
}

bool grpc_reply(nghttp2_session *h2, int32_t stream, const struct grpc_answer *answer,
		struct grpc_reply *reply)
{
	if (answer->code == GRPC_OK)
		return say_success(h2, stream, reply) == 0;
	return say_refusal(h2, stream, answer) == 0;
}
