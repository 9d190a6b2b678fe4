/* SPDX-License-Identifier: Apache-2.0 */
/* How requests ended, beyond their outcome: with which error, and whether memory had run out. */
#ifndef DOMAIN_REQUEST_ENDS_H
#define DOMAIN_REQUEST_ENDS_H

#include "domain/invocations.h"

#define ERROR_TYPE_SIZE 64 /* longer ones are cut */

struct request_end {
	unsigned number; /* of its invocation; 0: none */
	char error_type[ERROR_TYPE_SIZE];
	bool said; /* a line has begun with words of memory that ran out */
	bool out_of_memory;
	bool settled;                  /* whether lull makes a span of it is decided, and done */
	uint8_t span_id[SPAN_ID_SIZE]; /* of the one that it will make; all zero: not known yet */
};

/* {0} is empty: one for each entry of the table of invocations. */
struct request_ends {
	struct request_end ring[INVOCATIONS];
};

/* The end of that invocation; made if there is none yet. */
struct request_end *request_ends_at(struct request_ends *ends, unsigned number);

/* A time-out or a crash: nobody caught it. */
bool outcome_is_abnormal(enum outcome_of_invocation outcome);

/* A line that the request wrote, in JSON, as it comes: the words of it are noted here where it
 * begins with them. More may follow than is kept of the last lines: Go tells of all of its
 * goroutines. */
void request_ends_line(struct request_end *end, struct slice line);

/* Notes what the event says of that invocation. `lines` is the last that the function wrote.
 * Returns whether it has become known by this that memory ran out: once for each invocation. */
bool request_ends_event(struct request_end *end, const struct telemetry_event *event,
			const struct invocation *invocation, struct slice lines);

/* The same where the platform has told the end already, and lines of it come late. */
bool request_ends_lines(struct request_end *end, const struct invocation *invocation,
			struct slice lines);

/* The same of an init that failed. */
bool request_ends_init_out_of_memory(const struct telemetry_event *event, struct slice lines);

/* The errorType of an event, cut to its place. */
void error_type_note(char to[static ERROR_TYPE_SIZE], const struct telemetry_event *event);

#endif
