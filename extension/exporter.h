/* SPDX-License-Identifier: Apache-2.0 */
/* Takes batches from the destinations, sends them, and books what became of them: the only place
 * where policy and transfer meet. */
#ifndef EXPORTER_H
#define EXPORTER_H

#include "edges/transfer.h"
#include "policy/store.h"

#define EXPORTER_DESTINATIONS 1

/* One request at a time for each signal of a destination. */
struct exporter_slot {
	struct exporter *exporter;
	struct destination *destination;
	struct batch batch;
	struct transfer *transfer; /* NULL: none under way */
	bool gave_up;              /* failed within this flush: not again before the next */
};

struct exporter {
	struct transfers *transfers;
	struct exporter_slot slots[EXPORTER_DESTINATIONS][OTLP_SIGNALS];
	/* Told after each transfer, so that the owner looks at what is to be done next. */
	void (*settled)(void *ctx);
	void *ctx;
};

/* `store`'s destinations (at most EXPORTER_DESTINATIONS) are borrowed, `transfers` is taken over;
 * false where that is NULL. */
bool exporter_init(struct exporter *exporter, struct transfers *transfers, struct store *store);
void exporter_free(struct exporter *exporter);

/* A flush begins: what failed before is tried once more. */
void exporter_begin_flush(struct exporter *exporter);

/* Starts what can be started. Within a flush (`flush`) also what rests after a failure, once. */
void exporter_start(struct exporter *exporter, bool flush, struct now now);

/* Is a request under way, or anything left that this flush would still try? */
bool exporter_busy(struct exporter *exporter);
bool exporter_finished(struct exporter *exporter);

/* Cancels all requests; their data goes back to where it came from. */
void exporter_put_back(struct exporter *exporter, struct now now);

/* When what rests after a failure may be tried again (mono); INT64_MAX where nothing does. */
int64_t exporter_retry_at(struct exporter *exporter);

#endif
