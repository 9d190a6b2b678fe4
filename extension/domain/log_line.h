/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_LOG_LINE_H
#define DOMAIN_LOG_LINE_H

#include "base/bytes.h"
#include "logs.pb-c.h"

/* What a log line says of itself. Slices are empty where it does not. */
struct log_line {
	uint64_t time_unix_nano; /* 0: none */
	Otlp__SeverityNumber severity;
	struct slice level; /* as the line has it */
	struct slice request_id;
	struct slice logger;
	struct slice process; /* its number */
	struct slice message; /* all the rest */
};

#endif
