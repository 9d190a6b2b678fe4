/* SPDX-License-Identifier: Apache-2.0 */
/* How runtimes and loggers write a line of text: the one table of formats. */
#ifndef DOMAIN_LOG_FORMATS_H
#define DOMAIN_LOG_FORMATS_H

#include "domain/log_line.h"

/* Sets what the line says before its message, and its message; of a line in no known format the
 * whole is the message. What is cut off is in one of the other members: nothing is lost. */
void log_formats_read(struct slice text, struct log_line *line);

#endif
