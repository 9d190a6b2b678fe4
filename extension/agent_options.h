/* SPDX-License-Identifier: Apache-2.0 */
/* What the process was started with. */
#ifndef AGENT_OPTIONS_H
#define AGENT_OPTIONS_H

#include <stdbool.h>

struct agent_options {
	const char *name;           /* to register as: the file's own base name */
	const char *folder;         /* where the file lies: /opt/extensions on Lambda */
	const char *runtime_api;    /* AWS_LAMBDA_RUNTIME_API */
	const char *initialization; /* AWS_LAMBDA_INITIALIZATION_TYPE; NULL: not known */
	bool managed_instances;
	const char *const *environment;
};

#endif
