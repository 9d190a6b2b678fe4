/* SPDX-License-Identifier: Apache-2.0 */
/* What memory cannot hold: the oldest moves to the spool, and where that is full, goes. */
#ifndef OVERFLOW_H
#define OVERFLOW_H

#include "edges/spool.h"
#include "policy/store.h"

struct overflow {
	struct store *store;
	struct spool *spool;
	const struct resource *resource;
	bool said;
};

/* Until the store is within its limit, `beside` bytes elsewhere (half-received bodies) included.
 * What is under way stays where it is. */
void overflow_make_room(struct overflow *overflow, size_t beside);

/* Moves a batch to the spool, ahead of what comes next, unless an eighth of the limit is free: so
 * that the senders of that do not wait for the disk. Where the spool is full that drops what is
 * oldest in it, up to an eighth of the limit before it must go. Returns whether it did, so that
 * there may be more to do. */
bool overflow_make_room_ahead(struct overflow *overflow, size_t beside);

/* The end, and no request is under way. All that is left goes to the spool where another life of
 * the environment `follows`, as far as there is room; what then remains in memory is dropped. Where
 * none follows, what is on disk is dropped, too: the disk ends with the environment. */
void overflow_end(struct overflow *overflow, bool follows);

#endif
