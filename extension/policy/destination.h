/* SPDX-License-Identifier: Apache-2.0 */
/* One backend: its own queues, books and retries. */
#ifndef POLICY_DESTINATION_H
#define POLICY_DESTINATION_H

#include "base/now.h"
#include "domain/config.h"
#include "domain/payload.h"
#include "policy/ledger.h"
#include "policy/retry.h"

#define BATCH_BYTES ((size_t)512 << 10) /* raw: bounds the work on one buffer */

/* Payloads of one signal on their way as one request. They stay referenced here, so that putting
 * them back is exact. */
struct batch {
	enum otlp_signal signal;
	struct payload_list members;
	size_t items;
	size_t bytes;
};

struct destination {
	const struct export_settings *settings; /* of each signal; an endpoint of NULL: none */
	struct payload_list queue[OTLP_SIGNALS];
	struct ledger_account account[OTLP_SIGNALS];
	uint64_t in_flight[OTLP_SIGNALS]; /* items taken and not settled */
	unsigned failures[OTLP_SIGNALS];  /* in a row */
	int64_t retry_at[OTLP_SIGNALS];   /* mono; not before, unless a flush asks for it */
};

/* Is anything of this signal waiting to be taken? */
bool destination_waiting(const struct destination *d, enum otlp_signal signal);

/* Takes payloads from the front of the queue, as many as may be joined within BATCH_BYTES, at least
 * one. False where there is none or memory is short. The batch must be settled. */
bool destination_take(struct destination *d, enum otlp_signal signal, struct batch *batch);

/* The batch's bytes, one message behind the other: that joins them. */
void batch_join(const struct batch *batch, struct bytes *out);

/* Books what became of a batch and empties it. `rejected` of its items were refused within a
 * success (partial_success). */
void destination_settle(struct destination *d, struct batch *batch, enum verdict verdict,
			uint64_t rejected, struct now now);

/* Drops the oldest waiting payload of any signal; false where nothing waits. */
bool destination_drop_oldest(struct destination *d, enum drop_reason reason);

/* When the oldest waiting payload arrived (mono); INT64_MAX where nothing waits. */
int64_t destination_oldest(const struct destination *d);

/* Items that are here: waiting and in flight. */
uint64_t destination_held(const struct destination *d, enum otlp_signal signal);

void destination_free(struct destination *d);

#endif
