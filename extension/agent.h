/* SPDX-License-Identifier: Apache-2.0 */
/* The extension as a whole: what is received goes into the store, what happens goes to the life
 * cycle, and what the life cycle says is carried out. */
#ifndef AGENT_H
#define AGENT_H

#include "domain/config.h"

struct agent_options {
	const char *name;           /* to register as: the file's own base name */
	const char *folder;         /* where the file lies: /opt/extensions on Lambda */
	const char *runtime_api;    /* AWS_LAMBDA_RUNTIME_API */
	const char *initialization; /* AWS_LAMBDA_INITIALIZATION_TYPE; NULL: not known */
	bool managed_instances;
	const char *const *environment;
};

/* Runs until SHUTDOWN and returns then. Whatever keeps it from running ends in last_resort_enter():
 * it does not return before SHUTDOWN. */
void agent_run(const struct config *config, const struct agent_options *options);

#endif
