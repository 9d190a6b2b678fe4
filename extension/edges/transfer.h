/* SPDX-License-Identifier: Apache-2.0 */
/* POSTs to backends by libcurl's multi interface on the loop. Knows no policy: it reports what
 * happened. */
#ifndef EDGES_TRANSFER_H
#define EDGES_TRANSFER_H

#include <event2/event.h>

#include "base/bytes.h"
#include "domain/config.h"
#include "edges/transfer_result.h"

struct transfers; /* what all share: connections, name cache */
struct transfer;

/* Costs nothing before the first transfer: libcurl and OpenSSL wake up then. `layer` is the folder
 * that holds lull/certs (/opt on Lambda). Of `config`, which must outlive it, it takes the proxies,
 * and where lull itself listens on localhost: no transfer goes there, whatever name leads to it.
 * NULL where memory is short. */
struct transfers *transfers_new(struct event_base *base, const char *layer,
				const struct config *config);
void transfers_free(struct transfers *transfers);

/* The environment was frozen, perhaps for long: what was connected may be dead without a sign, and
 * no transfer that starts from now on uses it. One that is under way goes on, and should it fail,
 * is sent once more at once on a new connection, with its whole time-out, before that counts as a
 * failure; as is one whose reused connection breaks. Ends all connecting ahead. */
void transfers_distrust(struct transfers *transfers);

/* The same of one backend's connections alone: perhaps nobody is there any more. */
void transfers_distrust_backend(struct transfers *transfers,
				const struct export_settings *settings);

/* What is posted: it is what the settings' protocol wants. */
struct transfer_body {
	struct bytes bytes;
	bool gzip; /* compressed, or in gRPC the message in it is */
};

/* Posts `body` (its bytes moved) by those settings, which must outlive `transfers`. NULL where that
 * cannot even be begun; `done` is then not called, and is never called before this returns. */
struct transfer *transfer_start(struct transfers *transfers, const struct export_settings *settings,
				struct transfer_body *body, transfer_done *done, void *ctx);

/* Ends it without calling back. Returns whether it went out whole at least once, so that the
 * backend may have taken it. */
bool transfer_cancel(struct transfer *transfer);

/* Name look-up, connection and TLS handshake ahead of the first transfer by those settings, which
 * must outlive `transfers`, by an OPTIONS request (for gRPC one for the backend's health), without
 * their headers, whose answer does not matter. Nothing where another transfer to that scheme, host
 * and port is under way. Not told of; cancelled by transfers_end_connecting(), or when it has
 * failed or takes too long. */
void transfers_connect(struct transfers *transfers, const struct export_settings *settings);
void transfers_end_connecting(struct transfers *transfers);

#endif
