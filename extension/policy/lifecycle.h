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
	ACT_LAZY = 1 << 2,       /* nobody tells: from now on ends are not waited for */
	ACT_FLUSH = 1 << 3,      /* export all, bound it by budget and deadline */
	ACT_DRAIN = 1 << 4,      /* take in what is on its way, bounded */
	ACT_END_FLUSH = 1 << 5,  /* cancel what is under way, keep its data */
	ACT_LAST_FLUSH = 1 << 6, /* export all, bounded by the end of the environment */
	ACT_NEXT = 1 << 7,
	ACT_GOT_START = 1 << 8,  /* platform.start came */
	ACT_WAIT_START = 1 << 9, /* bound the wait for it */
	ACT_WAIT_DONE = 1 << 10, /* bound the wait for platform.runtimeDone by the deadline */
	ACT_WATCH = 1 << 11,     /* the deadline of an invocation whose end is not waited for */
	ACT_UNWATCH = 1 << 12,   /* it is over */
	ACT_URGE = 1 << 13,      /* the deadline is near: export all, whatever failed before */
	ACT_EXIT = 1 << 14,
};

struct life_step {
	enum life_state state;
	unsigned actions; /* enum life_action, to be carried out in the order of their values */
};

/* An event that means nothing in a state leaves it, without actions. */
struct life_step lifecycle_step(enum life_state state, enum life_event event);

/* May a request to a backend be begun now outside of a flush? While the next event is waited for
 * the environment may freeze at any moment: only in the `background` of an invocation whose end is
 * not waited for, since there is no other time then. */
bool lifecycle_may_export(enum life_state state, bool background);

#endif
