/* SPDX-License-Identifier: Apache-2.0 */
/* Log records that lull makes itself, as one ExportLogsServiceRequest. */
#ifndef DOMAIN_LOG_REQUEST_H
#define DOMAIN_LOG_REQUEST_H

#include "base/bytes.h"
#include "logs.pb-c.h"

/* Appends the request without a resource; the records are borrowed. out->failed where memory is
 * short; nothing is done where it is set already. */
void log_request_pack(Otlp__LogRecord **records, size_t count, struct bytes *out);

#endif
