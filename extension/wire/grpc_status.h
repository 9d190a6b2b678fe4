/* SPDX-License-Identifier: Apache-2.0 */
/* How a call ended: gRPC's codes and its message for people. */
#ifndef WIRE_GRPC_STATUS_H
#define WIRE_GRPC_STATUS_H

#include "base/bytes.h"

/* google.rpc.Code. */
enum grpc_code {
	GRPC_OK,
	GRPC_CANCELLED,
	GRPC_UNKNOWN,
	GRPC_INVALID_ARGUMENT,
	GRPC_DEADLINE_EXCEEDED,
	GRPC_NOT_FOUND,
	GRPC_ALREADY_EXISTS,
	GRPC_PERMISSION_DENIED,
	GRPC_RESOURCE_EXHAUSTED,
	GRPC_FAILED_PRECONDITION,
	GRPC_ABORTED,
	GRPC_OUT_OF_RANGE,
	GRPC_UNIMPLEMENTED,
	GRPC_INTERNAL,
	GRPC_UNAVAILABLE,
	GRPC_DATA_LOSS,
	GRPC_UNAUTHENTICATED,
};
#define GRPC_CODES 17

/* "UNAVAILABLE". */
const char *grpc_code_name(enum grpc_code code);

/* The value of grpc-status; what is none of the codes is UNKNOWN. */
enum grpc_code grpc_code_read(const char *text);

/* What an HTTP status means where there is no grpc-status (gRPC, "HTTP to gRPC Status Code
 * Mapping"). */
enum grpc_code grpc_code_of_http(unsigned status);

#define GRPC_STATUS_TEXT 256

/* `text` as the value of grpc-message: all but printable ASCII, and the percent sign, as %XX (gRPC
 * over HTTP/2, "Percent-Encoded"). What does not fit is cut off, never within an escape.
 * Terminated; returns the length. */
size_t grpc_status_encode(const char *text, char out[static GRPC_STATUS_TEXT]);

/* Appends what such a value stands for. Of a broken escape the characters stand for themselves, as
 * gRPC has it: a message must not be lost for it. */
void grpc_status_decode(const char *value, struct bytes *out);

#endif
