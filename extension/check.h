/* SPDX-License-Identifier: Apache-2.0 */
/* `lull --check`: what the settings amount to, for people. */
#ifndef CHECK_H
#define CHECK_H

#include "domain/config.h"

/* Appends every setting with its value and where that came from (secrets hidden), where each signal
 * goes, and what would be wrong in Lambda. Returns how many things are wrong. */
unsigned check_config(const struct config *config, const char *const *environment,
		      struct bytes *out);

#endif
