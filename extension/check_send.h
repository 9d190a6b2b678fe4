/* SPDX-License-Identifier: Apache-2.0 */
/* `lull --check --send`: one test item of each signal to each destination, for people. */
#ifndef CHECK_SEND_H
#define CHECK_SEND_H

#include "domain/config.h"

struct check_options {
	const char *const *environment;
	const char *layer; /* the folder that holds lull/certs */
};

/* Sends all at once, as the extension would: by the same code, with the same settings. Waits for
 * the answers, as long as the settings' time-outs at most, and appends for each what came of it,
 * each step's time, and what to do. Returns how many were not taken. */
unsigned check_send(const struct config *config, const struct check_options *options,
		    struct bytes *out);

#endif
