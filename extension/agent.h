/* SPDX-License-Identifier: Apache-2.0 */
/* The extension as a whole: what is received goes into the store, what happens goes to the life
 * cycle, and what the life cycle says is carried out. */
#ifndef AGENT_H
#define AGENT_H

#include "agent_options.h"
#include "domain/config.h"

/* Runs until SHUTDOWN and returns then. Whatever keeps it from running ends in last_resort_enter():
 * it does not return before SHUTDOWN. */
void agent_run(const struct config *config, const struct agent_options *options);

#endif
