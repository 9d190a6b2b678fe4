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

/* The row of that name, or NULL. Of several rows of one field that a line has the first in the
 * table holds: they can be compared. `outer` is {NULL, 0} for the line itself. */
const struct log_name *log_fields_find(struct slice outer, struct slice key);

/* An object (or an array of some) whose members are the line's own: a logger that has this member
 * has it for what people add, and `without` that one. */
struct log_opened {
	const char *key, *beside, *without; /* NULL: whatever there is */
};

/* The row of that name, or NULL. */
const struct log_opened *log_fields_opened(struct slice key);

/* Are there rows for what is in an object of that name? */
bool log_fields_within(struct slice outer);

#endif
