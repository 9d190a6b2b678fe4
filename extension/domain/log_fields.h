/* SPDX-License-Identifier: Apache-2.0 */
/* What the loggers call their things: the one table of key names. */
#ifndef DOMAIN_LOG_FIELDS_H
#define DOMAIN_LOG_FIELDS_H

#include "base/bytes.h"

/* What a member of a log line can be; all else is an attribute. */
enum log_field {
	FIELD_MESSAGE,
	FIELD_LEVEL,
	FIELD_TIME,
	FIELD_TRACE_ID,
	FIELD_SPAN_ID,
	FIELD_TRACE_FLAGS,
	FIELD_REQUEST_ID,
	FIELD_ERROR_TYPE,
	FIELD_ERROR_MESSAGE,
	FIELD_ERROR_STACK,
};
#define LOG_FIELDS 10

/* One row: where a logger puts it. */
struct log_name {
	const char *outer; /* the object it is a member of; NULL: the line itself */
	const char *key;
	enum log_field field;
};

/* The row of that name, or NULL. Of several rows of one field that a line has the first in the table
 * holds: they can be compared. `outer` is {NULL, 0} for the line itself. */
const struct log_name *log_fields_find(struct slice outer, struct slice key);

/* Are there rows for what is in an object of that name? */
bool log_fields_within(struct slice outer);

#endif
