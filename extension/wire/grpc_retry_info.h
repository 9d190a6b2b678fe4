/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WIRE_GRPC_RETRY_INFO_H
#define WIRE_GRPC_RETRY_INFO_H

#include "base/bytes.h"

/* Is a google.rpc.RetryInfo among the details of the google.rpc.Status that grpc-status-details-bin
 * has in base64? `*delay` is its retry_delay then, in nanoseconds, 0 where that is absent, negative
 * or absurd. */
bool grpc_retry_info(const char *details, int64_t *delay);

#endif
