/* SPDX-License-Identifier: Apache-2.0 */
/* lull's own log: whole lines on standard output, which Lambda takes to CloudWatch. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above this level are not written. LOG_INFO until set. */
void log_set_level(enum log_level level);

/* What Lambda calls the log format. LOG_TEXT until set. */
enum log_format { LOG_TEXT, LOG_JSON };
void log_set_format(enum log_format format);

/* Is told what is written as a warning or an error: the message as it was formatted, not escaped.
 * NULL: nobody, as it is until set. It must write no line itself. */
void log_set_observer(void (*observer)(enum log_level level, const char *message));

/* One line `lull: LEVEL: message`, or
 * {"timestamp":"..Z","level":"WARN","message":"..","logger":"lull"}; control characters of the
 * message are escaped, some 2,000 bytes are written at most. Never fails and never blocks for long:
 * what cannot be written is lost. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/* The text as it is on a line of its own, whatever level and format: for machine-readable lines. */
void log_raw(const char *line);

/* What stands before and behind an error of plain letters, for whoever may make system calls
 * only. */
const char *log_last_begin(void);
const char *log_last_end(void);

#endif
