/* SPDX-License-Identifier: Apache-2.0 */
/* Correlation keys (LULL_CORRELATE): the values that were seen under them, and which of them are of
 * a request. A wrong value is worse than none. */
#ifndef DOMAIN_CORRELATE_H
#define DOMAIN_CORRELATE_H

#include "domain/seen_spans.h"
#include "wire/otlp_keys.h"

/* Bytes of a text. A longer one is no value: an id that is cut is a wrong one. */
#define CORRELATE_TEXT 256
#define CORRELATE_ANY (CORRELATE_TEXT + 3) /* of an AnyValue's contents: with tag and length */

/* So many of each key are kept; the oldest gives way. */
#define CORRELATE_KEPT 128

/* Who said a value. */
struct correlate_source {
	unsigned request; /* the number of the invocation it names; 0: it names none */
	bool record;     /* of one that names none: a log record, and as such of the one that ran */
	unsigned during; /* of one that names none: the last that had begun by then, if known */
	uint8_t trace_id[TRACE_ID_SIZE]; /* all zero: not known */
	uint64_t time; /* nanoseconds since 1970: of a line, or when a span began; 0: not known */
};

struct correlate_value {
	struct correlate_source source;
	bool many; /* its source said more, which are not kept */
	uint16_t len;
	uint8_t any[CORRELATE_ANY];
};

struct correlate_ring {
	struct correlate_value values[CORRELATE_KEPT];
	unsigned count; /* ever kept */
	/* The last among those that had to give way: of those that name a request, and of the
	 * others. */
	unsigned lost_request;
	uint64_t lost_time;
};

struct correlate {
	const struct otlp_keys *keys; /* borrowed */
	struct correlate_ring rings[OTLP_KEYS];
};

/* NULL where there are no keys, or memory is short. */
struct correlate *correlate_new(const struct otlp_keys *keys);
void correlate_free(struct correlate *correlate);

/* Notes the values that were found: numbers, booleans, and texts in UTF-8, not empty and without
 * NUL; of baggage the members of those names. */
void correlate_note(struct correlate *correlate, const struct correlate_source *source,
		    const struct otlp_finder *found);

/* A request whose values are asked for. */
struct correlate_request {
	unsigned number;
	bool concurrent;           /* nothing is told by time */
	struct seen_window window; /* from, until and by_time count */
	const struct request_spans *spans;
	struct trace_context trace; /* what is known of it as a whole; {0}: nothing */
};

/* The values, an AnyValue's contents each and {NULL, 0} where there is none, for a line of that
 * request in that trace (all zero: it is not known), or for the whole request. A value counts if it
 * was said
 * - by what names the request, in that trace, or where one of the two traces is not known;
 * - by what names none, in that trace and in the time of the request;
 * - by a log record that names none as by one that names the request in whose time it was written.
 * Where two that differ count, none does. They are valid until the next one is noted. */
void correlate_find(const struct correlate *correlate, const struct correlate_request *request,
		    const uint8_t trace_id[static TRACE_ID_SIZE],
		    struct slice values[static OTLP_KEYS]);

/* Has a value of that key ever been seen? */
bool correlate_has_seen(const struct correlate *correlate, unsigned key);

/* Is the AnyValue with these contents one that can be noted? */
bool correlate_is_value(struct slice any);

#endif
