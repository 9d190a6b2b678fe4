/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/grpc_response.h"

#include <string.h>

#include "edges/grpc_message.h"
#include "wire/grpc_retry_info.h"
#include "wire/gzip.h"

static bool is_grpc(const struct grpc_fields *fields)
{
	return fields->content_type &&
	       strncasecmp(fields->content_type, "application/grpc", 16) == 0;
}

bool grpc_response_broke_off(const struct grpc_fields *fields)
{
	return !fields->status && fields->http_status == 200 && is_grpc(fields);
}

/* The one message of a success. What cannot be read of it is let go: the status says that the items
 * were taken. */
static void read_message(struct grpc_response *response, const struct grpc_fields *fields,
			 struct slice data)
{
	struct grpc_message m = {0};
	bool gzip = fields->encoding && strcasecmp(fields->encoding, "gzip") == 0;

	response->form = OTLP_PROTOBUF;
	if (grpc_message_feed(&m, data, GRPC_RESPONSE_LIMIT) != GRPC_STEP_OK ||
	    !grpc_message_whole(&m) || (m.compressed && !gzip)) {
		bytes_free(&m.body);
		return;
	}
	if (m.compressed)
		gzip_decode(bytes_slice(&m.body), GRPC_RESPONSE_LIMIT, &response->body);
	else
		response->body = bytes_move(&m.body);
	bytes_free(&m.body);
}

/* No gRPC at all, or a gateway before it. */
static void read_http(struct grpc_response *response, const struct grpc_fields *fields,
		      struct slice data)
{
	response->code = grpc_code_of_http(fields->http_status);
	if (!is_grpc(fields))
		bytes_addf(&response->body,
			   "HTTP status %u, and that is no gRPC (is LULL_PROTOCOL "
			   "right?): ",
			   fields->http_status);
	bytes_add(&response->body, data);
}

void grpc_response_read(struct grpc_response *response, const struct grpc_fields *fields,
			struct slice data)
{
	*response = (struct grpc_response){.form = OTLP_TEXT};
	if (!fields->status) {
		read_http(response, fields, data);
		return;
	}
	response->code = grpc_code_read(fields->status);
	if (response->code == GRPC_OK) {
		read_message(response, fields, data);
		return;
	}
	if (fields->message)
		grpc_status_decode(fields->message, &response->body);
	if (fields->details)
		response->retry_info = grpc_retry_info(fields->details, &response->retry_after);
}

void grpc_response_free(struct grpc_response *response)
{
	bytes_free(&response->body);
}
