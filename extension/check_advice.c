/* SPDX-License-Identifier: Apache-2.0 */
#include "check_advice.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char key[] =
	"set the backend's key in LULL_HEADERS (authorization=Bearer ..., api-key=...), and mind "
	"which region or site it is of";

static const char *of_failure(enum transfer_failure failure)
{
	static const char *const known[] = {
		[FAILURE_NAME] =
			"mind the spelling of the host in the endpoint; in a VPC, that its DNS "
			"resolves it",
		[FAILURE_CONNECT] =
			"nobody takes connections there: mind host and port (4318 is OTLP/HTTP, 4317 "
			"OTLP/gRPC), firewall and security group",
		[FAILURE_UNTRUSTED] =
			"set LULL_CERTIFICATE to a file with the certificate of the authority (CA) "
			"that signed the backend's",
		[FAILURE_EXPIRED] =
			"the backend needs a new certificate, unless this clock is wrong",
		[FAILURE_OTHER_HOST] =
			"use a name that the certificate is for in the endpoint, or set "
			"LULL_SERVER_NAME to it",
		[FAILURE_TLS] = "is TLS spoken on that port? Else write http:// in the endpoint",
		[FAILURE_TIME] =
			"is there a way to it (in a VPC: NAT or an endpoint, security group, "
			"HTTPS_PROXY)? Else give it more time by LULL_TIMEOUT",
	};

	return failure < COUNT(known) ? known[failure] : NULL;
}

static const char *of_status(unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} known[] = {
		{401, key},
		{403, key},
		{404, "mind the path: LULL_ENDPOINT gets /v1/traces and so on added, "
		      "LULL_TRACES_ENDPOINT is taken as it is"},
		{405, "no OTLP is taken there: mind the endpoint"},
		{415,
		 "try LULL_PROTOCOL=http/protobuf, http/json or grpc, or LULL_COMPRESSION=none"},
		{501, "no OTLP is taken there: mind the endpoint"},
		{429, "the backend takes no more for now: mind its quota"},
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (known[i].status == status)
			return known[i].text;
	if (status >= 300 && status < 400)
		return "that is not the backend's own address: mind http:// or https:// and the path";
	return status >= 500 ? "the backend has a trouble of its own: try again later" : NULL;
}

static const char *of_code(enum grpc_code code)
{
	static const struct {
		enum grpc_code code;
		const char *text;
	} known[] = {
		{GRPC_UNAUTHENTICATED, key},
		{GRPC_PERMISSION_DENIED, key},
		{GRPC_UNIMPLEMENTED,
		 "this signal is not taken by gRPC there: mind host and port (4317), or set "
		 "LULL_PROTOCOL=http/protobuf"},
		{GRPC_RESOURCE_EXHAUSTED, "the backend takes no more for now: mind its quota"},
		{GRPC_UNAVAILABLE, "the backend has a trouble of its own: try again later"},
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (known[i].code == code)
			return known[i].text;
	return NULL;
}

const char *check_advice(const struct export_settings *settings,
			 const struct transfer_result *result)
{
	if (result->error && result->failure == FAILURE_PROTOCOL)
		return settings->protocol == PROTOCOL_GRPC
			       ? "no gRPC is spoken there: mind the port (4317), or set "
				 "LULL_PROTOCOL=http/protobuf"
			       : "no HTTP/1.1 is spoken there: mind the port (4318), or set "
				 "LULL_PROTOCOL=grpc";
	if (result->error)
		return of_failure(result->failure);
	return result->is_grpc ? of_code(result->code) : of_status(result->status);
}
