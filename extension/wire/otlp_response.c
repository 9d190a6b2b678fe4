/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/otlp_response.h"

#include "collector_logs.pb-c.h"
#include "collector_metrics.pb-c.h"
#include "collector_trace.pb-c.h"
#include "status.pb-c.h"
#include "wire/otlp_json.h"

/* partial_success (1) of any Export response: rejected items (1) and a message (2). The three
 * responses are alike (opentelemetry/proto/collector). */
static void read_success(struct otlp_response *response, struct slice body)
{
	struct slice partial = pb_find_cut(body, 1);
	struct pb_reader r = pb_read(partial);
	struct pb_field field;
	uint64_t rejected = 0;

	while (pb_next(&r, &field))
		if (field.number == 1 && field.type == PB_VARINT)
			rejected = field.scalar;
	response->rejected = rejected <= INT64_MAX ? rejected : 0;
	response->message = pb_find_cut(partial, 2);
}

static bool decode(struct otlp_response *response, enum otlp_signal signal, bool success,
		   struct slice body)
{
	const ProtobufCMessageDescriptor *const types[OTLP_SIGNALS] = {
		[OTLP_TRACES] = &otlp__export_trace_service_response__descriptor,
		[OTLP_LOGS] = &otlp__export_logs_service_response__descriptor,
		[OTLP_METRICS] = &otlp__export_metrics_service_response__descriptor,
	};
	const char *why;

	return otlp_json_decode_message(success ? types[signal] : &rpc__status__descriptor, body,
					&response->decoded, &why) == OTLP_JSON_OK;
}

void otlp_response_read(struct otlp_response *response, enum otlp_signal signal, bool success,
			enum otlp_form form, struct slice body)
{
	struct slice text = form == OTLP_PROTOBUF ? (struct slice){0} : body;

	*response = (struct otlp_response){0};
	if (form == OTLP_JSON && decode(response, signal, success, body)) {
		form = OTLP_PROTOBUF;
		body = bytes_slice(&response->decoded);
	}
	if (form == OTLP_PROTOBUF && success)
		read_success(response, body);
	else if (form == OTLP_PROTOBUF)
		response->message = pb_find_cut(body, 2);
	/* JSON that is no Status has its words, too, only elsewhere. */
	if (!success && response->message.len == 0)
		response->message = text;
	response->message = slice_trim(response->message);
}

void otlp_response_free(struct otlp_response *response)
{
	bytes_free(&response->decoded);
	*response = (struct otlp_response){0};
}
