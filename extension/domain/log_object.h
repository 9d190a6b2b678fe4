/* SPDX-License-Identifier: Apache-2.0 */
/* A log line that is a JSON object: what its members are, by log_fields.h, and the record's fields
 * made of them. */
#ifndef DOMAIN_LOG_OBJECT_H
#define DOMAIN_LOG_OBJECT_H

#include "domain/invocations.h"
#include "domain/log_fields.h"
#include "domain/log_line.h"

/* One key and the text of its value, as they stand in the JSON. */
struct log_member {
	struct slice key, value;
};

/* {0} is the empty one; one is used for many lines. Slices point into the text that was read. */
struct log_object {
	struct log_member *members;
	size_t count, cap;
	bool failed;                             /* memory was short, for good */
	bool is_emf;                             /* CloudWatch's embedded metric format */
	const struct log_name *rows[LOG_FIELDS]; /* where each was found, or NULL */
	struct log_member found[LOG_FIELDS];
	struct bytes stack;                     /* the trace as text */
	struct slice error_type, error_message; /* what it says */
};

/* Reads an object whose text is valid. What its members say of time, level and request goes to
 * `line`, of which the rest is left as it is; a request's id is one only if `invocations` knows it.
 * Of two members of one name the last holds, as for every reader of JSON. */
void log_object_read(struct log_object *o, struct slice json, const struct invocations *invocations,
		     struct log_line *line);

/* Appends the body (without a message `json` itself, the object's text), the attributes, and the
 * ids of trace and span: fields of a LogRecord. */
void log_object_put(const struct log_object *o, struct slice json, struct bytes *out);

/* Appends what it says of an exception alone, as attributes. */
void log_object_put_error(const struct log_object *o, struct bytes *out);

/* The message between its quotes where the object says nothing beside it but time, level and
 * request; else {NULL, 0}. */
struct slice log_object_only_message(const struct log_object *o);

/* Has the object a member of that name that becomes an attribute? */
bool log_object_keeps(const struct log_object *o, const char *key);

void log_object_free(struct log_object *o);

#endif
