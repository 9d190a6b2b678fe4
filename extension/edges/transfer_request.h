/* SPDX-License-Identifier: Apache-2.0 */
/* One request, sent once or twice. For transfer*.c only. */
#ifndef EDGES_TRANSFER_REQUEST_H
#define EDGES_TRANSFER_REQUEST_H

#include "edges/transfer_state.h"

/* Makes one, with all options that do not belong to the body. NULL where memory is short. */
struct transfer *request_new(struct transfers *all, const struct export_settings *settings);

/* Puts it on the way, to end by `timeout` (ns) from now; false where that cannot be. */
bool request_send(struct transfer *t, int64_t timeout);

/* Did it go out whole at least once? */
bool request_maybe_taken(const struct transfer *t);

/* A failure is none where a freeze came in between, or where a connection that had been there
 * before broke (`timed_out` says that it did not: who acknowledges all and says nothing is alive):
 * sends it again on a new one. False where the failure is a real one. */
bool request_send_again(struct transfer *t, bool timed_out);

/* Ends it, wherever it is. */
void request_free(struct transfer *t);

#endif
