/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_LOG_SHOW_H
#define TESTS_UNIT_LOG_SHOW_H

#include "base/bytes.h"
#include "logs.pb-c.h"

/* Appends a record as text, to be compared: "severity number|severity text|body|key=value|...", and
 * at the end, where there are any, "trace=", "span=" and "flags=". */
void log_show(struct bytes *out, const Otlp__LogRecord *record);

#endif
