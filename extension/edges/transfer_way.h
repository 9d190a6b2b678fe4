/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a backend: by a proxy, or to another host than the one it is asked for as. For
 * transfer*.c only. */
#ifndef EDGES_TRANSFER_WAY_H
#define EDGES_TRANSFER_WAY_H

#include "edges/transfer_state.h"

/* Are its endpoint, and the proxy on its way if there is one, spoken to by TLS? */
bool endpoint_is_tls(const struct transfer *t);
bool proxy_is_tls(const struct transfer *t);

/* By which way it goes, and whom it asks for. False where memory is short. */
void proxy_apply(struct transfer *t);
bool server_name_apply(struct transfer *t);

#endif
