/* SPDX-License-Identifier: Apache-2.0 */
/* What a JSON value in a log line says. Its text is valid (json_valid()). */
#ifndef DOMAIN_LOG_VALUE_H
#define DOMAIN_LOG_VALUE_H

#include "domain/log_line.h"

bool log_value_starts(struct slice json, char c);

/* What is between the quotes of a string, as it stands there; {NULL, 0} of what is no string. */
struct slice log_value_quoted(struct slice json);

/* The same of a string without escapes; else {NULL, 0}. */
struct slice log_value_plain(struct slice json);

/* Is it a text that is not empty, or an array of nothing but texts? */
bool log_value_is_text(struct slice json);

/* Appends that text, of an array one a line. */
void log_value_put_text(struct slice json, struct bytes *out);

/* A time: a text, a number, or log4j2's object. False, and `*unix_nano` left alone, where it is
 * none. */
bool log_value_time(struct slice json, uint64_t *unix_nano);

/* A level goes to the line: a word, also one that nobody knows, or a number that loggers have. */
bool log_value_level(struct slice json, struct log_line *line);

#endif
