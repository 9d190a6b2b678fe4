/* SPDX-License-Identifier: Apache-2.0 */
/* What the settings let expect and what comes are held against each other; what does not fit is
 * said in the log, each once, with what to do about it (README, "Something is missing?"). */
#ifndef HINTS_H
#define HINTS_H

#include "domain/config.h"
#include "domain/invocations.h"
#include "policy/silence.h"
#include "policy/twins.h"

struct hints {
	/* Private. */
	const struct config *config;
	struct silence silence;
	struct twins twins;
	bool lines; /* log records go somewhere, those of printed lines too */
};

/* Both are borrowed: the settings, and the function's variables ("NAME=value", NULL-terminated). */
void hints_init(struct hints *hints, const struct config *config, const char *const *environment);

/* OTLP of the function's came; the function printed a line, as the platform tells it. */
void hints_otlp(struct hints *hints, enum otlp_signal signal, struct slice request);
void hints_line(struct hints *hints, struct slice line);

/* That invocation has ended. */
void hints_ended(struct hints *hints, const struct invocation *invocation, struct now now);

#endif
