/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_SEVERITY_H
#define DOMAIN_SEVERITY_H

#include "base/bytes.h"
#include "logs.pb-c.h"

/* The number of a level's name in any case of letters, UNSPECIFIED where it is none: as the
 * OpenTelemetry Lambda collector has it (TRACE to FATAL, each with 2 to 4, CRITICAL is FATAL,
 * WARNING is WARN, ALL is TRACE), and what other loggers call theirs (the log data model's appendix
 * B). Behind a name may be a distance as Go's slog writes it: INFO+2. */
Otlp__SeverityNumber severity_parse(struct slice name);

/* The same of a number as pino and bunyan have it (10 is trace, 60 is fatal), or of syslog (0 is
 * the worst, 7 is debug). */
Otlp__SeverityNumber severity_number(struct slice number);

#endif
