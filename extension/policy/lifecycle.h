/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the extension as one table from (state, event) to (state, actions), for on-demand,
 * SnapStart and Managed Instances alike. Pure.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html */
#ifndef POLICY_LIFECYCLE_H
#define POLICY_LIFECYCLE_H

#include <stdbool.h>

enum life_state {
	LIFE_BORN,
	LIFE_REGISTERING,
	LIFE_SUBSCRIBING,
	LIFE_WAITING,  /* in /next: the environment may be frozen */
	LIFE_INVOKED,  /* an invocation runs, /next waits for its end */
	LIFE_FLUSHING, /* the handler is done: exporting, then /next */
	LIFE_DRAINING, /* SHUTDOWN came: taking the last data in */
	LIFE_LAST_FLUSH,
	LIFE_ENDED,
};
#define LIFE_STATES 9

enum life_event {
	LIFE_START,
	LIFE_REGISTERED,
	LIFE_SUBSCRIBED,  /* or refused: then no telemetry comes, which is said by INVOKE_LAZY */
	LIFE_INVOKE_END,  /* INVOKE; its end will be told, and is waited for */
	LIFE_INVOKE_LAZY, /* INVOKE; its end is not waited for */
	LIFE_STARTED,     /* platform.start of this request */
	LIFE_DONE,        /* platform.runtimeDone of this request */
	LIFE_NOT_STARTED, /* no platform.start in time */
	LIFE_DEADLINE,    /* the deadline of the invocation is near */
	LIFE_FLUSHED,     /* nothing left to send, nothing under way */
	LIFE_HELD_ENOUGH, /* the budget for holding the invocation is used up */
	LIFE_SHUTDOWN,
	LIFE_DRAINED,
};
#define LIFE_EVENTS 13

enum life_action {
	ACT_REGISTER = 1 << 0,
	ACT_SUBSCRIBE = 1 << 1,
	ACT_GOT_START = 1 << 2,  /* platform.start came */
	ACT_WAIT_START = 1 << 3, /* bound the wait for it */
	ACT_WAIT_DONE = 1 << 4,  /* bound the wait for platform.runtimeDone by the deadline */
	ACT_LAZY = 1 << 5,       /* from now on ends are not waited for */
	ACT_FLUSH = 1 << 6,      /* export all, bound it by budget and deadline */
	ACT_DRAIN = 1 << 7,      /* take in what is on its way, bounded */
	ACT_PUT_BACK = 1 << 8,   /* cancel what is under way, keep its data */
	ACT_LAST_FLUSH = 1 << 9, /* export all, bounded by the end of the environment */
	ACT_NEXT = 1 << 10,
	ACT_EXIT = 1 << 11,
};

struct life_step {
	enum life_state state;
	unsigned actions; /* enum life_action, to be carried out in the order of their values */
};

/* An event that means nothing in a state leaves it, without actions. */
struct life_step lifecycle_step(enum life_state state, enum life_event event);

/* May a request to a backend be begun now outside of a flush? Not while the environment may freeze
 * at any moment: that is in /next, unless ends of invocations are not `awaited` (then it is the only
 * time there is). */
bool lifecycle_may_export(enum life_state state, bool awaited);

#endif
