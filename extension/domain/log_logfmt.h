/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_LOG_LOGFMT_H
#define DOMAIN_LOG_LOGFMT_H

#include "base/bytes.h"

/* A line of key=value as Go's slog and logrus write it, appended as a JSON object: numbers and
 * booleans are such, all else strings. False, and nothing appended, where a part of the line is
 * anything else, or it has no level or no message. */
bool log_logfmt_json(struct slice line, struct bytes *json);

#endif
