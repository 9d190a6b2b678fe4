/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a LogRecord as numbers (logs.proto): it is written in place. */
#ifndef DOMAIN_LOG_RECORD_H
#define DOMAIN_LOG_RECORD_H

enum {
	RECORD_TIME = 1,
	RECORD_SEVERITY = 2,
	RECORD_SEVERITY_TEXT = 3,
	RECORD_BODY = 5,
	RECORD_ATTRIBUTES = 6,
	RECORD_FLAGS = 8,
	RECORD_TRACE_ID = 9,
	RECORD_SPAN_ID = 10,
	RECORD_OBSERVED = 11,
};

/* Semantic conventions, attributes of exceptions. */
#define LOG_ERROR_TYPE "exception.type"
#define LOG_ERROR_MESSAGE "exception.message"
#define LOG_ERROR_STACK "exception.stacktrace"

#endif
