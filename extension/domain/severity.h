/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_SEVERITY_H
#define DOMAIN_SEVERITY_H

#include "base/bytes.h"
#include "logs.pb-c.h"

/* The number of a level's name, as the OpenTelemetry Lambda collector has it (TRACE to FATAL, each
 * with 2 to 4, CRITICAL is FATAL, WARNING is WARN, ALL is TRACE) in any case of letters;
 * UNSPECIFIED where it is none. */
Otlp__SeverityNumber severity_parse(struct slice name);

#endif
