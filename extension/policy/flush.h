/* SPDX-License-Identifier: Apache-2.0 */
/* When to export, and how long an invocation may be held for it. Pure: all times are given, in
 * nanoseconds on the monotonic clock unless said otherwise. */
#ifndef POLICY_FLUSH_H
#define POLICY_FLUSH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/now.h"
#include "domain/config.h"
#include "policy/cadence.h"

/* platform.start is told within this time, or nothing will be. */
#define FLUSH_START_WAIT (200 * NS_PER_MS)
/* So long before its deadline an invocation is let go in any case. */
#define FLUSH_MARGIN (50 * NS_PER_MS)
/* So long before the end of the environment lull is gone. */
#define FLUSH_EXIT_MARGIN (100 * NS_PER_MS)
/* The last telemetry is waited for this long at SHUTDOWN: the 25 ms of our subscription and a
 * delivery; platform.report was seen after 5 ms, at most 40. */
#define FLUSH_DRAIN_WAIT (40 * NS_PER_MS)
/* A batch of so many bytes (raw) does not wait. It bounds the work on one buffer, too, which a POST
 * may have to wait for: twice as much made one in a hundred take 1.5 ms where posts come without a
 * pause. */
#define FLUSH_BATCH ((size_t)256 << 10)
/* What is larger is a single item, or nearly so, and goes out as it is: compression takes 4 ms a
 * MiB on a full core and cannot be left in between, and nobody is answered meanwhile. */
#define FLUSH_COMPRESS (FLUSH_BATCH * 3 / 2)
/* What goes out as JSON: that takes 20 us a KiB on a full core, ten times the compression alone. */
#define FLUSH_BATCH_JSON ((size_t)64 << 10)
/* What comes in so short a time travels together, and who sent it has its answer before the work
 * for the export begins, which may need the only CPU; a burst is not waited out for longer than
 * this, or than so many batches. */
#define FLUSH_GATHER (5 * NS_PER_MS)
#define FLUSH_GATHER_LONGEST (100 * NS_PER_MS)
#define FLUSH_GATHER_BATCHES 4
/* Where data is exported as it comes, requests for one signal begin at least this far apart. */
#define FLUSH_SPACING NS_PER_S
/* The answer to a request from before a freeze comes within this time of the thaw, or is taken for
 * lost when a flush needs it. */
#define FLUSH_REDIAL (100 * NS_PER_MS)
/* A request that is under way for so long when an invocation begins was cut by a freeze. */
#define FLUSH_INTERRUPTED NS_PER_S

/* A thaw after so long is to connections that may be dead: backends close idle ones after some
 * seconds, and their saying so does not reach a frozen environment. */
#define FLUSH_DISTRUST NS_PER_S

/* While an invocation runs whose end is not waited for, the time is taken this often: what is
 * missing when the next event comes was a freeze, and not the handler. */
#define FLUSH_BEAT (NS_PER_S / 2)

/* May the environment have been frozen for so long between two readings? */
bool flush_distrusts(struct now before, struct now after);

/* What is known when an invocation begins. */
struct flush_view {
	enum flush_mode mode;
	bool told;        /* Lambda tells the ends of invocations here */
	bool interrupted; /* a request was cut by the last freeze: the next must not be, too */
	const struct cadence *cadence;
};

/* Is the end of the invocation to be waited for, and all exported then (`end`), or is the next
 * event asked for at once (`lazy`)? */
bool flush_awaits_end(const struct flush_view *view);

/* A deadline as Lambda gives it (milliseconds since 1970) on the monotonic clock. A deadline that
 * is 0 or absurd (more than a day away) is taken as `now` plus 15 minutes. */
int64_t flush_deadline(struct now now, int64_t deadline_ms);

/* The same for SHUTDOWN: what is absurd (more than 10 seconds away: the clock was set back) is
 * taken as the 2 seconds that Lambda gives. */
int64_t flush_shutdown_deadline(struct now now, int64_t deadline_ms);

/* When the data of an invocation that still runs is exported: `before` its deadline, but not in the
 * first half of the time that is left for it. */
int64_t flush_near(struct now now, int64_t deadline, int64_t before);

/* Until when a flush may hold the invocation. */
int64_t flush_hold_until(struct now now, int64_t deadline, int64_t budget);

/* Until when SHUTDOWN may take; FLUSH_EXIT_MARGIN before the deadline. */
int64_t flush_exit_at(struct now now, int64_t deadline);

/* When a request that was under way at SHUTDOWN is taken for lost: there is no later try, and as
 * much time has to be left for one on a new connection. */
int64_t flush_last_redial_at(struct now now, int64_t deadline);

enum flush_pace {
	FLUSH_AT_ONCE, /* the end of the handler is waited for: little is to be left then */
	FLUSH_BY_AGE,  /* a freeze may come at any moment: few requests */
};

/* What waits of one signal, no request being under way. */
struct flush_waiting {
	int64_t oldest; /* arrival; INT64_MAX: nothing waits */
	int64_t newest; /* arrival */
	size_t bytes;
	int64_t last_request; /* when the last one began; INT64_MIN: never */
};

/* When it is to be exported outside of a flush; INT64_MIN: now in any case, INT64_MAX: never. A
 * full batch waits for no age and no spacing. `age` is for FLUSH_BY_AGE. */
int64_t flush_due_at(const struct flush_waiting *waiting, enum flush_pace pace, int64_t age);

#endif
