/* SPDX-License-Identifier: Apache-2.0 */
/* A batch as the body of a request. */
#ifndef EXPORTER_BODY_H
#define EXPORTER_BODY_H

#include "policy/destination.h"

/* In the form of the settings' protocol, compressed where they say so; `body` is {0} before. False
 * where memory is short. */
bool body_make(const struct batch *batch, const struct export_settings *settings,
	       struct bytes *body);

#endif
