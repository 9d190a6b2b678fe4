/* SPDX-License-Identifier: Apache-2.0 */
/* The recent invocations of this environment, by request id: what INVOKE events and the Telemetry
 * API say of them, whichever comes first. */
#ifndef DOMAIN_INVOCATIONS_H
#define DOMAIN_INVOCATIONS_H

#include "base/bytes.h"
#include "domain/telemetry.h"

#define REQUEST_ID_SIZE 64 /* a UUID and room; longer ones are cut */

struct invocation {
	char request_id[REQUEST_ID_SIZE];
	bool invoked;  /* INVOKE was seen */
	bool started;  /* platform.start was seen */
	bool done;     /* platform.runtimeDone was seen */
	bool reported; /* platform.report was seen */
};

#define INVOCATIONS 16

/* {0} is the empty table; the oldest entry gives way. */
struct invocations {
	struct invocation ring[INVOCATIONS];
	unsigned count;   /* ever made */
	unsigned current; /* number from 1 of the last one started, by the Telemetry API; 0: none */
	bool concurrent;  /* Managed Instances: the last one started says nothing */
};

/* The entry for that request, made if there is none. Valid until INVOCATIONS later ones. */
struct invocation *invocations_get(struct invocations *table, struct slice request_id);

/* Notes an INVOKE; returns the entry. One that was invoked before is run again, as Lambda does with
 * asynchronous requests that failed: what was told of the first run is forgotten. */
struct invocation *invocations_invoke(struct invocations *table, struct slice request_id);

/* The entry for that request, or NULL. */
struct invocation *invocations_find(struct invocations *table, struct slice request_id);

/* Notes a platform event; returns the invocation it is of, or NULL. A second start is of a second
 * run, as a second INVOKE is. */
struct invocation *invocations_event(struct invocations *table,
				     const struct telemetry_event *event);

/* The request that a text line without one belongs to: the last one started. NULL where that cannot
 * be told. */
const struct invocation *invocations_current(const struct invocations *table);

#endif
