/* SPDX-License-Identifier: Apache-2.0 */
/* Who shares a connection with whom, and what has to be there before. Several signals to one host
 * begin at once. Over TLS each would make a handshake, which is most of what an export costs: all
 * but the first wait until that one is connected. Over HTTP/2 they go on its connection then, else
 * they resume its TLS session. gRPC is HTTP/2 without TLS, too. (CURLOPT_PIPEWAIT is not it: over
 * HTTP/1.1 that waits for the whole answer.) */
#ifndef EDGES_TRANSFER_SHARE_H
#define EDGES_TRANSFER_SHARE_H

#include "edges/transfer_state.h"

/* Would the two share a connection? */
bool share_alike(const struct export_settings *a, const struct export_settings *b);

/* Are the certificates still to be read, or is another about to make the connection that this one
 * needs? */
bool share_must_wait(const struct transfer *t);

/* Gives it to curl: it has not to wait any more. False where memory is short. */
bool share_begin(struct transfer *t);

/* Somebody has connected, or has gone: those that waited may go on, in a turn of their own by
 * share_release(), as curl may be calling. */
void share_look(struct transfers *all);
void share_release(evutil_socket_t fd, short what, void *ctx);

/* Reads what certificates are still to be read, by share_read_on(): a part in each turn of the
 * loop, so that what has come in by then is answered. Where memory is too short for that, the
 * deadlines of those that wait are what is left. */
void share_read(struct transfers *all);
void share_read_on(evutil_socket_t fd, short what, void *ctx);

#endif
