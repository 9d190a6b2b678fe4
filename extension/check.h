/* SPDX-License-Identifier: Apache-2.0 */
/* `lull --check`: what the settings amount to, for people. */
#ifndef CHECK_H
#define CHECK_H

#include "domain/config.h"

/* Appends every setting with its value and where that came from (secrets hidden), where each signal
 * goes, and what would be wrong in Lambda. Returns how many things are wrong. */
unsigned check_config(const struct config *config, const char *const *environment,
		      struct bytes *out);

/* Appends where a signal goes: its URL, or "nowhere". */
void check_add_place(struct bytes *out, const struct config_destination *destination,
		     enum otlp_signal signal);

/* Appends a URL without what is secret in it: user, password, query. */
void check_add_url(struct bytes *out, const char *url);

#endif
