/* SPDX-License-Identifier: Apache-2.0 */
/* What would be wrong in Lambda. */
#ifndef CHECK_WRONG_H
#define CHECK_WRONG_H

#include "domain/config.h"

/* Appends a line for each thing, and for what may be meant so ("mind: ..."). Returns how many are
 * wrong. */
unsigned check_wrong(const struct config *config, const char *const *environment,
		     struct bytes *out);

#endif
