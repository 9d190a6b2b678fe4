/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer_answer.h"

#include <string.h>

#include "base/now.h"

/* What gRPC clients take at most of a message, by default. */
#define GRPC_LARGEST ((size_t)4 << 20)

/* Of a trailers-only answer all fields are in its head. */
static const char *field(const struct transfer *t, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(t->easy, name, 0, CURLH_HEADER | CURLH_TRAILER, -1, &header) !=
	    CURLHE_OK)
		return NULL;
	return header->value;
}

static struct grpc_fields grpc_fields_of(const struct transfer *t)
{
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return (struct grpc_fields){
		.http_status = (unsigned)status,
		.content_type = field(t, "content-type"),
		.encoding = field(t, "grpc-encoding"),
		.status = field(t, "grpc-status"),
		.message = field(t, "grpc-message"),
		.details = field(t, "grpc-status-details-bin"),
	};
}

bool transfer_answer_too_long(const struct transfer *t)
{
	struct grpc_fields fields;

	if (t->answer_len <= TRANSFER_ANSWER_LIMIT)
		return false;
	/* What counts stood at its start; but what a gRPC answer means stands behind it. */
	if (t->settings->protocol != PROTOCOL_GRPC)
		return true;
	fields = grpc_fields_of(t);
	return !grpc_response_broke_off(&fields) || t->answer_len > GRPC_LARGEST;
}

const char *transfer_answer_missing(const struct transfer *t)
{
	struct grpc_fields fields;

	if (!t->heads_end)
		return "the answer ends in the middle of its headers";
	if (t->settings->protocol != PROTOCOL_GRPC)
		return NULL;
	fields = grpc_fields_of(t);
	if (!grpc_response_broke_off(&fields))
		return NULL;
	return transfer_answer_too_long(t) ? "the answer is endless"
					   : "the answer ends before its grpc-status";
}

/* Backends answer in what they like, whatever they were asked in. */
static enum otlp_form form_of(const char *type)
{
	if (type && strncasecmp(type, "application/x-protobuf", 22) == 0)
		return OTLP_PROTOBUF;
	return type && strncasecmp(type, "application/json", 16) == 0 ? OTLP_JSON : OTLP_TEXT;
}

static void read_grpc(const struct transfer *t, struct transfer_result *result,
		      struct grpc_response *grpc)
{
	struct grpc_fields fields = grpc_fields_of(t);

	grpc_response_read(grpc, &fields, bytes_slice(&t->answer));
	result->is_grpc = true;
	result->code = grpc->code;
	result->retry_info = grpc->retry_info;
	result->body = bytes_slice(&grpc->body);
	result->form = grpc->form;
	if (grpc->retry_after > 0)
		result->retry_after = grpc->retry_after;
}

void transfer_answer_read(const struct transfer *t, struct transfer_result *result,
			  struct grpc_response *grpc)
{
	curl_off_t retry_after = 0;
	char *type = NULL;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
	/* Seconds or a date: curl reads both. */
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after);
	result->status = (unsigned)status;
	if (retry_after > 0 && retry_after < INT64_MAX / NS_PER_S)
		result->retry_after = retry_after * NS_PER_S;
	result->body = bytes_slice(&t->answer);
	result->form = form_of(type);
	if (t->settings->protocol == PROTOCOL_GRPC)
		read_grpc(t, result, grpc);
}
