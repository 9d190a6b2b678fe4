/* SPDX-License-Identifier: Apache-2.0 */
/* How a call ended: gRPC's codes and its message for people. */
#ifndef EDGES_GRPC_STATUS_H
#define EDGES_GRPC_STATUS_H

#include <stddef.h>

/* Those of google.rpc.Code that are said here. Of these a sender of OTLP tries again after
 * UNAVAILABLE alone (OTLP specification, section OTLP/gRPC Response). */
enum grpc_code {
	GRPC_OK = 0,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
};

#define GRPC_STATUS_TEXT 256

/* `text` as the value of grpc-message: all but printable ASCII, and the percent sign, as %XX (gRPC
 * over HTTP/2, "Percent-Encoded"). What does not fit is cut off, never within an escape. Terminated;
 * returns the length. */
size_t grpc_status_encode(const char *text, char out[static GRPC_STATUS_TEXT]);

#endif
