/* SPDX-License-Identifier: Apache-2.0 */
/* Why does nothing come of the function's SDK? What can be told of that, once. Pure. */
#ifndef POLICY_SILENCE_H
#define POLICY_SILENCE_H

#include <stdbool.h>

#include "base/now.h"
#include "domain/trace_context.h"
#include "wire/otlp.h"

/* Nothing is judged before so many invocations have ended, and not before an SDK that sends in
 * batches would have done so: every 5 s by default, which many short invocations pass in a
 * second. */
#define SILENCE_INVOCATIONS 3
#define SILENCE_PATIENCE (6 * NS_PER_S)

enum silence_reason {
	SILENCE_NONE,        /* nothing is to be said: all is well, too early, or said before */
	SILENCE_NO_OTLP,     /* nothing at all came */
	SILENCE_NOT_SAMPLED, /* no span came, and each X-Ray header says Sampled=0 */
};

/* {0} is the beginning, of a function of which nothing is expected. */
struct silence {
	bool sdk;       /* the function's variables speak of an SDK (sdk_signs_in()) */
	bool expected;  /* it is to send spans, and they would go somewhere (sdk_spans_in()) */
	bool by_header; /* the same, of requests that the X-Ray header does not leave out */

	unsigned ended;           /* invocations */
	bool heard[OTLP_SIGNALS]; /* OTLP came */

	/* Private. */
	int64_t since; /* mono: when the first ended */
	bool dropped;  /* a header said Sampled=0 */
	bool sampled;  /* another did not */
	bool said;
};

/* OTLP of the function's came. */
void silence_heard(struct silence *silence, enum otlp_signal signal);

/* An invocation has ended that had this header; {0}: none has come. That says nothing: its end may
 * come ahead of the event that brings it. Returns what is to be said now: SILENCE_NONE but for
 * once. */
enum silence_reason silence_ended(struct silence *silence, const struct xray_header *header,
				  struct now now);

#endif
