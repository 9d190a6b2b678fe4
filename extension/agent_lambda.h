/* SPDX-License-Identifier: Apache-2.0 */
/* What Lambda tells by the Extensions API; and what of that the Telemetry API may tell first.
 * Private to the agent. */
#ifndef AGENT_LAMBDA_H
#define AGENT_LAMBDA_H

#include "agent_state.h"

/* For lambda_api_new(). */
struct lambda_api_handler agent_lambda_handler(struct agent *a);

/* platform.start of the last INVOKE came. */
void agent_started(struct agent *a);

/* Each environment is an instance of its own, and so is each that is restored from a snapshot. */
void agent_name_instance(struct agent *a);

/* A restored snapshot is another environment, somewhere else: none of its connections is alive, and
 * what it counts it counts from now on. Lambda does not say so itself: the platform tells it later
 * than the first event may come. */
void agent_restored(struct agent *a, struct now now);

#endif
