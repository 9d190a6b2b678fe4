/* SPDX-License-Identifier: Apache-2.0 */
/* POSTs to backends by libcurl's multi interface on the loop. Knows no policy: it reports what
 * happened. */
#ifndef EDGES_TRANSFER_H
#define EDGES_TRANSFER_H

#include <event2/event.h>

#include "base/bytes.h"
#include "domain/config.h"

struct transfers; /* what all share: connections, name cache */
struct transfer;

struct transfer_result {
	unsigned status;   /* HTTP; 0: no whole answer came */
	const char *error; /* where status is 0: why, for people; else NULL */
	struct slice body; /* at most TRANSFER_ANSWER_LIMIT of it; valid during the call */
	bool protobuf;     /* the answer says that it is */
};

#define TRANSFER_ANSWER_LIMIT ((size_t)64 << 10)

/* Called once, unless the transfer is cancelled before; the transfer is gone then. */
typedef void transfer_done(void *ctx, const struct transfer_result *result);

/* Costs nothing before the first transfer: libcurl and OpenSSL wake up then. `layer` is the folder
 * that holds lull/certs (/opt on Lambda). `own_port` is where lull itself listens on localhost: no
 * transfer goes there, whatever name leads to it. NULL where memory is short. */
struct transfers *transfers_new(struct event_base *base, const char *layer, uint16_t own_port);
void transfers_free(struct transfers *transfers);

/* The environment was frozen, perhaps for long: what was connected may be dead without a sign, and
 * no transfer that starts from now on uses it. */
void transfers_distrust(struct transfers *transfers);

/* Posts `body` (moved; gzip says that it is compressed already) as application/x-protobuf by those
 * settings, which must outlive it. NULL where that cannot even be begun; `done` is then not called,
 * and is never called before this returns. */
struct transfer *transfer_start(struct transfers *transfers, const struct export_settings *settings,
				struct bytes *body, bool gzip, transfer_done *done, void *ctx);

/* Ends it without calling back. */
void transfer_cancel(struct transfer *transfer);

#endif
