/* SPDX-License-Identifier: Apache-2.0 */
/* All data that lull holds: first staged, where it waits at most until the next flush for what is
 * not known when it arrives (the resource of this environment; later the trace of its request),
 * then in the queues of its destinations. Bounded in bytes: the oldest gives way, counted. */
#ifndef POLICY_STORE_H
#define POLICY_STORE_H

#include "base/now.h"
#include "domain/payload.h"
#include "domain/resource.h"
#include "policy/destination.h"

struct store {
	struct payload_list staging;
	struct destination *destinations; /* borrowed */
	size_t destination_count;
	size_t held;  /* bytes of all payloads */
	size_t limit; /* bytes */
};

/* Takes the message over (left {0}) and books it as received. */
void store_accept(struct store *store, enum otlp_signal signal, struct bytes *message,
		  const struct otlp_verdict *verdict, struct now now);

/* Books items that could not even be kept. */
void store_lost(struct store *store, enum otlp_signal signal, size_t items);

/* Gives all that is staged its resource, cuts it to batches, and hands it to the destinations. */
void store_release(struct store *store, const struct resource *resource);

/* When the oldest item that waits arrived (mono); INT64_MAX where nothing waits. */
int64_t store_oldest(const struct store *store);

/* Items here, of one destination's account: staged, waiting, in flight. */
uint64_t store_held_items(const struct store *store, const struct destination *d,
			  enum otlp_signal signal);

/* The end: what is still here is dropped with that reason. No batch may be in flight. */
void store_drop_all(struct store *store, enum drop_reason reason);

void store_free(struct store *store);

#endif
