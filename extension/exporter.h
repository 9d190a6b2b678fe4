/* SPDX-License-Identifier: Apache-2.0 */
/* Takes batches from the destinations' queues and from the spool, sends them, and books what became
 * of them: where policy, transfer and spool meet. */
#ifndef EXPORTER_H
#define EXPORTER_H

#include "exporter_slot.h"
#include "policy/store.h"

#define EXPORTER_DESTINATIONS CONFIG_DESTINATIONS

enum export_effort {
	EXPORT_FLUSH, /* all that an invocation may be held for */
	EXPORT_LAST,  /* all, once, whatever failed before: the environment may be about to end */
};

struct exporter {
	struct transfers *transfers;
	struct spool *spool;
	struct store *store;
	const struct resource *resource;
	struct exporter_slot slots[EXPORTER_DESTINATIONS][OTLP_SIGNALS];
	/* Told after each transfer, so that the owner looks at what is to be done next. */
	void (*settled)(void *ctx);
	void *ctx;
};

/* All are borrowed, `transfers` is taken over; false where that is NULL. The store has at most
 * EXPORTER_DESTINATIONS destinations. */
bool exporter_init(struct exporter *exporter, struct transfers *transfers, struct spool *spool,
		   struct store *store, const struct resource *resource);
void exporter_free(struct exporter *exporter);

/* Name look-up, connection and TLS ahead of the first request. */
void exporter_connect(struct exporter *exporter);

/* Outside of a flush: starts what is due; returns when to ask again (mono), if nothing happens
 * before, INT64_MAX where there is no need. */
int64_t exporter_start_due(struct exporter *exporter, enum flush_pace pace, int64_t age,
			   struct now now);

/* A flush begins: what failed before may be tried once more. */
void exporter_begin_flush(struct exporter *exporter);
/* Starts what such a flush may start, and anew what a freeze has cut. Returns whether it is over:
 * nothing left to start, nothing under way that is waited for. `*again` is when to ask again if
 * nothing happens before (mono; INT64_MAX: no need). */
bool exporter_flush(struct exporter *exporter, enum export_effort effort, struct now now,
		    int64_t *again);
/* Cancels what is still under way; its data goes back to where it came from. `had_time`: what was
 * waited for had the whole budget, and without an answer counts as failed. */
void exporter_end_flush(struct exporter *exporter, bool had_time, struct now now);

/* The environment was frozen, or ends: no connection of before is used again, and what is under way
 * may have lost its own. Where a flush needs it, it is taken for lost at `lost_at` (mono). */
void exporter_thaw(struct exporter *exporter, int64_t lost_at);

/* Is a request under way that a freeze seems to have cut? */
bool exporter_interrupted(const struct exporter *exporter, struct now now);

#endif
