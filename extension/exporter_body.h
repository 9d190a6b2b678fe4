/* SPDX-License-Identifier: Apache-2.0 */
/* A batch as the body of a request. */
#ifndef EXPORTER_BODY_H
#define EXPORTER_BODY_H

#include "edges/transfer.h"
#include "policy/destination.h"

/* In the form of the settings' protocol, compressed where they say so and it is not too large for
 * that (FLUSH_COMPRESS); `body` is {0} before. False where memory is short. */
bool body_make(const struct batch *batch, const struct export_settings *settings,
	       struct transfer_body *body);

#endif
