/* SPDX-License-Identifier: Apache-2.0 */
/* The books as the world sees them: the record on disk that outlives a kill, the ledger line at
 * SHUTDOWN, and lull's own metrics. */
#ifndef BOOKS_H
#define BOOKS_H

#include "edges/spool.h"
#include "policy/store.h"

/* lull's own metrics are made this often, and at SHUTDOWN. */
#define BOOKS_METRICS_INTERVAL (60 * NS_PER_S)

struct books {
	struct store *store;
	struct spool *spool;
	bool metrics;         /* LULL_SELF_METRICS */
	struct now started;   /* the books are since then */
	int64_t metrics_made; /* mono */
	bool open;
};

/* Opens the spool and takes over what the life before left: its files, and what it had not settled.
 * To be called once. */
void books_open(struct books *books);

/* Brings the record on disk up to date: to be called before what was received is acknowledged, and
 * after anything was settled. */
void books_write(struct books *books);

/* Puts lull's own metrics into the store if it is time for them, or `now_in_any_case`. */
void books_add_metrics(struct books *books, bool in_any_case, struct now now);

/* The end: prints the ledger line, and writes that it was printed. */
void books_close(struct books *books);

#endif
