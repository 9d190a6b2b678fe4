/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer to an export means (OTLP specification, "OTLP/HTTP Response"; DESIGN, "Failure").
 * Pure. */
#ifndef POLICY_RETRY_H
#define POLICY_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What came back for a batch. */
struct answer {
	unsigned status; /* HTTP; 0: no whole answer came */
	size_t members;  /* payloads in the batch */
	size_t items;    /* items in the batch */
};

enum verdict {
	VERDICT_EXPORTED,
	VERDICT_LATER,   /* keep, try again */
	VERDICT_SINGLY,  /* keep, and send each member by itself: one of them spoils it for all */
	VERDICT_HALVE,   /* keep, in smaller pieces */
	VERDICT_REFUSED, /* for good: drop and count */
};

enum verdict retry_verdict(const struct answer *answer);

/* Nanoseconds to wait after `failures` (from 1) in a row: doubling from one second to thirty. */
int64_t retry_pause(unsigned failures);

#endif
