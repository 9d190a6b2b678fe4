/* SPDX-License-Identifier: Apache-2.0 */
/* One backend: its own queues, books and retries. */
#ifndef POLICY_DESTINATION_H
#define POLICY_DESTINATION_H

#include "base/now.h"
#include "domain/config.h"
#include "domain/payload.h"
#include "policy/circuit.h"
#include "policy/flush.h"
#include "policy/ledger.h"
#include "policy/retry.h"

/* Payloads of one signal on their way as one request. They stay referenced here, so that putting
 * them back is exact. */
struct batch {
	enum otlp_signal signal;
	struct payload_list members;
	size_t items;
	size_t bytes;
	bool on_disk; /* its file holds it too: it need not come back into the queue */
};

/* What became of a batch. */
struct outcome {
	enum verdict verdict;
	uint64_t rejected; /* items refused within a success (partial_success) */
	bool maybe_taken; /* a request without an answer may have arrived: of a success, one more */
	int64_t pause; /* VERDICT_LATER: nanoseconds until the next try; 0: no failure of anybody */
};

struct destination {
	const struct export_settings *settings; /* of each signal; an endpoint of NULL: none */
	const char *name;                       /* NULL: it has none */
	uint32_t key;    /* by which another life knows it: config_destination_key() of its name */
	unsigned number; /* its place among the others */
	struct payload_list queue[OTLP_SIGNALS];
	struct ledger_account account[OTLP_SIGNALS];
	struct circuit circuit[OTLP_SIGNALS];
	uint64_t in_flight[OTLP_SIGNALS]; /* items taken and not settled */
};

/* Is it one for this signal? */
bool destination_takes(const struct destination *d, enum otlp_signal signal);

/* What a payload is dropped as by a backend that does not have its signal. */
enum drop_reason destination_off_reason(const struct payload *payload);

/* How many bytes of that signal go into one batch for it: each takes about as much work, and the
 * work for JSON is several times that for protobuf. */
size_t destination_batch(const struct destination *d, enum otlp_signal signal);

/* Takes payloads from the front of the queue, as many as may be joined within such a batch, at
 * least one. False where there is none or memory is short. The batch must be settled. */
bool destination_take(struct destination *d, enum otlp_signal signal, struct batch *batch);

/* The batch's bytes, one message behind the other: that joins them. */
void batch_join(const struct batch *batch, struct bytes *out);

/* A batch that was read from its file, `members` moved: taken, as if from the queue. */
void destination_take_spooled(struct destination *d, enum otlp_signal signal,
			      struct payload_list *members, struct batch *batch);

/* Books what became of a batch and empties it; the circuit learns of it. A batch that is to be sent
 * later goes back to the front of its queue, or is booked as spooled where it is on disk. */
void destination_settle(struct destination *d, struct batch *batch, const struct outcome *outcome,
			struct now now);

/* The batch has been written to a file: booked as spooled, and emptied. */
void destination_spooled(struct destination *d, struct batch *batch);

/* The batch is dropped, and emptied. */
void destination_drop(struct destination *d, struct batch *batch, enum drop_reason reason);

/* Drops the oldest waiting payload of any signal; false where nothing waits. */
bool destination_drop_oldest(struct destination *d, enum drop_reason reason);

/* When the oldest waiting payload arrived (mono), and its signal; INT64_MAX where nothing waits. */
int64_t destination_oldest(const struct destination *d, enum otlp_signal *signal);

/* Items that are in memory: waiting and in flight. */
uint64_t destination_held(const struct destination *d, enum otlp_signal signal);

void destination_free(struct destination *d);

#endif
