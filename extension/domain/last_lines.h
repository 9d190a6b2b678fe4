/* SPDX-License-Identifier: Apache-2.0 */
/* The last that the function wrote: what a request that ended badly may have said of it. */
#ifndef DOMAIN_LAST_LINES_H
#define DOMAIN_LAST_LINES_H

#include "domain/telemetry.h"

#define LAST_LINES 8192
#define LAST_LINE 1024 /* so much of one is kept */

/* {0} is empty. */
struct last_lines {
	uint8_t text[LAST_LINES]; /* as the platform told them, in JSON; each ends with a newline */
	size_t len;
	size_t last; /* where the last one begins */
};

/* Keeps what an EVENT_FUNCTION says. */
void last_lines_add(struct last_lines *lines, const struct telemetry_event *event);

void last_lines_clear(struct last_lines *lines);

/* All, and the last one without its newline, in JSON, to be searched; valid until the next is
 * added. */
struct slice last_lines_all(const struct last_lines *lines);
struct slice last_lines_last(const struct last_lines *lines);

/* Appends the last one for people: the text, the message of an object, or what there is. */
void last_lines_read(const struct last_lines *lines, struct bytes *out);

#endif
