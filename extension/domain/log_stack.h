/* SPDX-License-Identifier: Apache-2.0 */
/* What was thrown, by the stack trace that tells of it. */
#ifndef DOMAIN_LOG_STACK_H
#define DOMAIN_LOG_STACK_H

#include "base/bytes.h"

/* The type and the message (may be empty) of what a text with a trace in it says was thrown: of
 * Java, .NET and Node by the line above the first frame, of Python by the line behind the last one,
 * or above the traceback, as Lambda's runtime writes it. False where there is none. */
bool log_stack_error(struct slice text, struct slice *type, struct slice *message);

/* The same of a line by itself: "java.io.IOException: no". */
bool log_stack_line(struct slice line, struct slice *type, struct slice *message);

#endif
