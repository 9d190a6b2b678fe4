/* SPDX-License-Identifier: Apache-2.0 */
/* All data that lull holds in memory: log lines where they wait for the trace of their request, the
 * rest staged, where it waits at most until the next flush for what is not known when it arrives
 * (the resource of this environment), then in the queues of its destinations. Bounded in bytes: the
 * oldest gives way. */
#ifndef POLICY_STORE_H
#define POLICY_STORE_H

#include "base/now.h"
#include "domain/invocations.h"
#include "domain/payload.h"
#include "domain/resource.h"
#include "policy/destination.h"

struct store {
	struct payload_list lines; /* records of requests of which more may yet be told */
	struct payload_list staging[OTLP_SIGNALS];
	struct invocations *invocations;  /* borrowed; needed for lines, and for values */
	struct destination *destinations; /* borrowed */
	size_t destination_count;
	struct ledger_account nowhere[OTLP_SIGNALS]; /* of what no destination takes */
	bool off[OTLP_SIGNALS];                      /* none takes it because the settings say so */
	size_t held;                                 /* bytes of all payloads */
	size_t limit;                                /* bytes: one message alone is never larger */
};

/* Does any destination take that signal? What lull makes itself is not made for nobody. */
bool store_takes(const struct store *store, enum otlp_signal signal);

/* The books of the destination with that number, OTLP_SIGNALS of them; `destination_count`: those
 * of what goes nowhere. */
struct ledger_account *store_account(struct store *store, size_t number);

/* Why what no destination takes is dropped. */
enum drop_reason store_nowhere_reason(const struct store *store, enum otlp_signal signal);

/* Takes the message over (left {0}) and books it as received, by each destination that takes the
 * signal. Where none does it is dropped at once. Log records wait for values of correlation keys,
 * if there are any keys, as lines do. */
void store_accept(struct store *store, enum otlp_signal signal, struct bytes *message,
		  const struct otlp_verdict *verdict, struct now now);

/* The same of what lull makes by itself. */
void store_accept_own(struct store *store, enum otlp_signal signal, struct bytes *message,
		      const struct otlp_verdict *verdict, struct now now);

/* The same of log records that lull made of lines: they wait for the trace of their request. */
void store_accept_lines(struct store *store, struct bytes *message,
			const struct otlp_verdict *verdict, struct now now);
void store_accept_own_lines(struct store *store, struct bytes *message,
			    const struct otlp_verdict *verdict, struct now now);

/* So long at most, or until the next flush. */
#define STORE_LINES_WAIT (10 * NS_PER_S)
/* What waits takes this part of the limit at most: a function that prints a lot is to have its
 * lines exported as they come, and not to have them moved to disk, from where they come back out of
 * order. */
#define STORE_LINES_SHARE 4

/* Stages the lines that need not wait any more, in a flush (`all`) every one. Returns when the next
 * must go (mono), INT64_MAX where none waits. */
int64_t store_let_go(struct store *store, bool all, struct now now);

/* Books items that could not even be kept, and items that the settings do not want. */
void store_lost(struct store *store, enum otlp_signal signal, size_t items);
void store_filtered(struct store *store, enum otlp_signal signal, size_t items);

/* Gives what is staged of a signal its resource, and lines their trace, cuts it to batches, and
 * hands it to the destinations: the oldest first, until that were at least `enough` bytes. */
void store_release(struct store *store, enum otlp_signal signal, const struct resource *resource,
		   size_t enough);

/* What waits of that signal for that destination, in staging and in its queue; `last_request` is
 * left alone. */
void store_waiting(const struct store *store, const struct destination *d, enum otlp_signal signal,
		   struct flush_waiting *waiting);

/* Is more held than the limit allows, `beside` bytes elsewhere included (half-received bodies)? */
bool store_is_over(const struct store *store, size_t beside);

/* The destination in whose queue the oldest waits, and the signal of it; NULL where all queues are
 * empty. */
struct destination *store_oldest(const struct store *store, enum otlp_signal *signal);

/* Is anything staged that is older than all that is queued? Of which signal? */
bool store_oldest_is_staged(const struct store *store, enum otlp_signal *signal);

/* Items here, of one destination's account: staged, waiting, in flight. */
uint64_t store_held_items(const struct store *store, const struct destination *d,
			  enum otlp_signal signal);

/* The end: what is still here is dropped with that reason. No batch may be in flight. */
void store_drop_all(struct store *store, enum drop_reason reason);

void store_free(struct store *store);

#endif
