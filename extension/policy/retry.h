/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer to an export means (OTLP specification, "OTLP/HTTP Response" and "OTLP/gRPC
 * Response"; DESIGN, "Failure"). Pure. */
#ifndef POLICY_RETRY_H
#define POLICY_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/now.h"
#include "wire/grpc_status.h"

/* What came back for a batch. */
struct answer {
	unsigned status;      /* HTTP; 0: no whole answer came */
	size_t members;       /* payloads in the batch */
	size_t items;         /* items in the batch */
	struct slice message; /* the backend's own words, or empty */
	bool is_grpc;         /* it is a gRPC answer, and `code` says how it ended */
	enum grpc_code code;
	bool retry_info; /* and it has a google.rpc.RetryInfo */
};

enum verdict {
	VERDICT_EXPORTED,
	VERDICT_LATER,   /* keep, try again */
	VERDICT_SINGLY,  /* keep, and send each member by itself: one of them spoils it for all */
	VERDICT_HALVE,   /* keep, in smaller pieces */
	VERDICT_REFUSED, /* for good: drop and count */
	VERDICT_OFF,     /* the backend has no such signal: drop, count, and send no more */
};

/* A 400 or 500 whose message says that the request is too large is taken as a 413, and so is a gRPC
 * code that stands for that. */
enum verdict retry_verdict(const struct answer *answer);

/* May the backend have taken the batch although the answer is a failure (a gateway's 502 or 504, or
 * what gRPC ends a call with that was under way)? */
bool retry_maybe_taken(const struct answer *answer);

/* Nanoseconds to wait after `failures` (from 1) in a row: what the backend `asked` for
 * (nanoseconds; at most RETRY_LONGEST_ASKED), or where that is 0 doubling from a quarter of a
 * second to thirty, and of that a random part between half and all. `random` is any number. */
#define RETRY_LONGEST_ASKED (INT64_C(15) * 60 * NS_PER_S)
int64_t retry_pause(int64_t asked, unsigned failures, uint32_t random);

#endif
