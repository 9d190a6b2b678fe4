/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/store.h"

#include "domain/join.h"

struct ledger_account *store_account(struct store *store, size_t number)
{
	return number < store->destination_count ? store->destinations[number].account
						 : store->nowhere;
}

enum drop_reason store_nowhere_reason(const struct store *store, enum otlp_signal signal)
{
	return store->off[signal] ? DROP_DISABLED : DROP_NO_DESTINATION;
}

/* Each destination that takes the signal, with the bytes kept once. */
#define FOR_TAKERS(store, signal, d)                                                               \
	for (struct destination *d = (store)->destinations;                                        \
	     d < (store)->destinations + (store)->destination_count; d++)                          \
		if (destination_takes(d, signal))

static void drop(struct store *store, const struct payload *p, enum drop_reason reason)
{
	FOR_TAKERS(store, p->signal, d)
	d->account[p->signal].dropped[reason] += p->items;
}

struct destination *store_oldest(const struct store *store, enum otlp_signal *signal)
{
	struct destination *found = NULL;
	int64_t oldest = INT64_MAX;

	for (size_t i = 0; i < store->destination_count; i++) {
		struct destination *d = &store->destinations[i];
		enum otlp_signal s;

		if (destination_oldest(d, &s) < oldest) {
			found = d;
			oldest = destination_oldest(d, signal);
		}
	}
	return found;
}

bool store_is_over(const struct store *store, size_t beside)
{
	return store->held + beside > store->limit;
}

bool store_takes(const struct store *store, enum otlp_signal signal)
{
	FOR_TAKERS(store, signal, d)
	if (!d->circuit[signal].off)
		return true;
	return false;
}

/* Returns whether any destination takes them. */
static bool receive(struct store *store, enum otlp_signal signal, size_t items)
{
	bool taken = false;

	FOR_TAKERS(store, signal, d)
	{
		d->account[signal].received += items;
		taken = true;
	}
	if (!taken) {
		store->nowhere[signal].received += items;
		store->nowhere[signal].dropped[store_nowhere_reason(store, signal)] += items;
	}
	return taken;
}

static void drop_at_once(struct store *store, enum otlp_signal signal, size_t items,
			 enum drop_reason reason)
{
	struct payload dropped = {.signal = signal, .items = items};

	if (receive(store, signal, items))
		drop(store, &dropped, reason);
}

void store_lost(struct store *store, enum otlp_signal signal, size_t items)
{
	drop_at_once(store, signal, items, DROP_NO_MEMORY);
}

void store_filtered(struct store *store, enum otlp_signal signal, size_t items)
{
	drop_at_once(store, signal, items, DROP_FILTERED);
}

/* The message as a payload that is booked as received; NULL where there is nothing to keep, or
 * where it cannot be. */
static struct payload *admit(struct store *store, enum otlp_signal signal, struct bytes *message,
			     const struct otlp_verdict *verdict, struct now now)
{
	struct payload *p;

	/* A request without items says nothing. */
	if (verdict->items == 0 || !receive(store, signal, verdict->items)) {
		bytes_free(message);
		return NULL;
	}
	p = payload_new(signal, message, verdict->items, now.mono, &store->held);
	if (!p) {
		drop(store, &(struct payload){.signal = signal, .items = verdict->items},
		     DROP_NO_MEMORY);
		return NULL;
	}
	p->alone = verdict->alone;
	/* One that is beyond the limit by itself must not drive all others out. */
	if (sizeof *p + p->message.cap > store->limit) {
		drop(store, p, DROP_BUFFER_FULL);
		payload_unref(p);
		return NULL;
	}
	return p;
}

/* At the end of the list, or dropped. */
static void put(struct store *store, struct payload_list *list, struct payload *p)
{
	if (payload_list_push(list, p))
		return;
	drop(store, p, DROP_NO_MEMORY);
	payload_unref(p);
}

/* Log records that something may be put on: they wait. */
static void accept_records(struct store *store, struct bytes *message,
			   const struct otlp_verdict *verdict, struct payload kind, struct now now)
{
	uint64_t requests = join_requests(store->invocations, bytes_slice(message),
					  kind.sent ? JOIN_SENT : JOIN_LINES);
	struct payload *p = admit(store, OTLP_LOGS, message, verdict, now);

	if (!p)
		return;
	p->own = kind.own;
	p->lines = kind.lines;
	p->sent = kind.sent;
	p->requests = requests;
	put(store, &store->lines, p);
}

void store_accept(struct store *store, enum otlp_signal signal, struct bytes *message,
		  const struct otlp_verdict *verdict, struct now now)
{
	struct payload *p;

	if (signal == OTLP_LOGS && store->invocations && store->invocations->correlate) {
		accept_records(store, message, verdict, (struct payload){.sent = true}, now);
		return;
	}
	p = admit(store, signal, message, verdict, now);
	if (p)
		put(store, &store->staging[signal], p);
}

void store_accept_own(struct store *store, enum otlp_signal signal, struct bytes *message,
		      const struct otlp_verdict *verdict, struct now now)
{
	struct payload *p = admit(store, signal, message, verdict, now);

	if (!p)
		return;
	p->own = true;
	put(store, &store->staging[signal], p);
}

void store_accept_lines(struct store *store, struct bytes *message,
			const struct otlp_verdict *verdict, struct now now)
{
	accept_records(store, message, verdict, (struct payload){.lines = true}, now);
}

void store_accept_own_lines(struct store *store, struct bytes *message,
			    const struct otlp_verdict *verdict, struct now now)
{
	accept_records(store, message, verdict, (struct payload){.lines = true, .own = true}, now);
}

static bool must_go(const struct payload *p, uint64_t awaited, struct now now)
{
	return !(p->requests & awaited) || now.mono - p->arrived >= STORE_LINES_WAIT;
}

int64_t store_let_go(struct store *store, bool all, struct now now)
{
	struct payload_list *lines = &store->lines;
	uint64_t awaited = all || lines->count == 0 ? 0 : join_awaited(store->invocations);

	while (lines->count > 0 && (lines->bytes > store->limit / STORE_LINES_SHARE ||
				    must_go(payload_list_at(lines, 0), awaited, now)))
		put(store, &store->staging[OTLP_LOGS], payload_list_pop(lines));
	return lines->count > 0 ? payload_list_at(lines, 0)->arrived + STORE_LINES_WAIT : INT64_MAX;
}

/* One reference to every destination of the signal; the caller's own is given up. */
static void distribute(struct store *store, struct payload *p)
{
	FOR_TAKERS(store, p->signal, d)
	{
		if (d->circuit[p->signal].off)
			d->account[p->signal].dropped[destination_off_reason(p)] += p->items;
		else if (payload_list_push(&d->queue[p->signal], p))
			payload_ref(p);
		else
			d->account[p->signal].dropped[DROP_NO_MEMORY] += p->items;
	}
	payload_unref(p);
}

/* The message as a payload like `from`, to the destinations. */
static void hand_on(struct store *store, const struct payload *from, struct bytes *message,
		    size_t items)
{
	struct payload *p = message->failed ? NULL
					    : payload_new(from->signal, message, items,
							  from->arrived, &store->held);
	struct payload lost = {.signal = from->signal, .items = items};

	if (!p) {
		bytes_free(message);
		drop(store, &lost, DROP_NO_MEMORY);
		return;
	}
	p->alone = from->alone;
	p->own = from->own;
	distribute(store, p);
}

/* Is the piece to be handed on before an item of `len` bytes? `around` of its bytes are the first
 * item's resource and so on, which the next piece has again: where that is much, pieces are larger
 * rather than many. */
static bool is_full(const struct bytes *piece, size_t limit, size_t around, size_t len)
{
	return piece->failed || (piece->len + len > limit && piece->len > 2 * around);
}

/* What none of its destinations has to cut further. */
static size_t smallest_batch(const struct store *store, enum otlp_signal signal)
{
	size_t least = FLUSH_BATCH;

	FOR_TAKERS(store, signal, d)
	{
		size_t batch = destination_batch(d, signal);

		least = batch < least ? batch : least;
	}
	return least;
}

/* Pieces of about a batch: whole items, each with what stands around it. */
static void cut(struct store *store, const struct payload *from, struct slice message)
{
	const size_t limit = smallest_batch(store, from->signal);
	struct otlp_iter iter = otlp_items(from->signal, message);
	struct bytes piece = {0};
	struct otlp_writer writer = otlp_write(from->signal, &piece);
	struct otlp_around known = {0};
	struct otlp_item item;
	size_t items = 0, around = 0;

	writer.around = &known;
	while (otlp_next(&iter, &item)) {
		if (items > 0 && is_full(&piece, limit, around, item.item.len)) {
			otlp_write_end(&writer);
			hand_on(store, from, &piece, items);
			items = 0;
		}
		otlp_write_item(&writer, &item);
		if (items++ == 0)
			around = piece.len - item.item.len;
	}
	otlp_write_end(&writer);
	if (items > 0)
		hand_on(store, from, &piece, items);
	bytes_free(&piece);
	otlp_around_free(&known);
}

/* What goes on of it, which is left without. Where nothing is to be joined, or memory is short, it
 * goes as it is. */
static struct bytes take_message(struct store *store, struct payload *p)
{
	struct bytes joined = {0};

	if ((p->lines || p->sent) &&
	    join_lines(store->invocations, bytes_slice(&p->message),
		       p->sent ? JOIN_SENT : JOIN_LINES, &joined) &&
	    !joined.failed)
		return joined;
	bytes_free(&joined);
	return payload_take_message(p);
}

static void release(struct store *store, struct payload *p, const struct resource *resource)
{
	struct bytes message = take_message(store, p);

	otlp_enrich(&message, resource->attributes, resource->count);
	if (!message.failed && message.len > smallest_batch(store, p->signal))
		cut(store, p, bytes_slice(&message));
	else
		hand_on(store, p, &message, p->items);
	bytes_free(&message);
	payload_unref(p);
}

void store_release(struct store *store, enum otlp_signal signal, const struct resource *resource,
		   size_t enough)
{
	struct payload *p;
	size_t released = 0;

	while (released < enough && (p = payload_list_pop(&store->staging[signal]))) {
		released += p->message.len;
		release(store, p, resource);
	}
}

bool store_oldest_is_staged(const struct store *store, enum otlp_signal *signal)
{
	enum otlp_signal of_queue;
	struct destination *d = store_oldest(store, &of_queue);
	int64_t oldest = d ? destination_oldest(d, &of_queue) : INT64_MAX;
	bool found = false;

	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		const struct payload_list *staged = &store->staging[s];

		if (staged->count == 0 || payload_list_at(staged, 0)->arrived >= oldest)
			continue;
		oldest = payload_list_at(staged, 0)->arrived;
		*signal = (enum otlp_signal)s;
		found = true;
	}
	return found;
}

void store_waiting(const struct store *store, const struct destination *d, enum otlp_signal signal,
		   struct flush_waiting *waiting)
{
	static const struct payload_list none = {0};
	const struct payload_list *queue = &d->queue[signal];
	const struct payload_list *staged = destination_takes(d, signal) ? &store->staging[signal]
									 : &none;

	waiting->bytes = queue->bytes + staged->bytes;
	waiting->oldest = waiting->newest = INT64_MAX;
	if (staged->count > 0)
		waiting->oldest = payload_list_at(staged, 0)->arrived;
	if (queue->count > 0)
		waiting->oldest = payload_list_at(queue, 0)->arrived;
	if (queue->count > 0)
		waiting->newest = payload_list_at(queue, queue->count - 1)->arrived;
	if (staged->count > 0)
		waiting->newest = payload_list_at(staged, staged->count - 1)->arrived;
}

uint64_t store_held_items(const struct store *store, const struct destination *d,
			  enum otlp_signal signal)
{
	uint64_t staged;

	if (!destination_takes(d, signal))
		return destination_held(d, signal);
	staged = payload_list_items(&store->staging[signal]);
	if (signal == OTLP_LOGS)
		staged += payload_list_items(&store->lines);
	return destination_held(d, signal) + staged;
}

static bool drop_queued(struct store *store, enum drop_reason reason)
{
	enum otlp_signal signal;
	struct destination *d = store_oldest(store, &signal);

	return d && destination_drop_oldest(d, reason);
}

static void drop_list(struct store *store, struct payload_list *list, enum drop_reason reason)
{
	struct payload *p;

	while ((p = payload_list_pop(list))) {
		drop(store, p, reason);
		payload_unref(p);
	}
}

void store_drop_all(struct store *store, enum drop_reason reason)
{
	while (drop_queued(store, reason))
		;
	drop_list(store, &store->lines, reason);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		drop_list(store, &store->staging[s], reason);
}

void store_free(struct store *store)
{
	payload_list_free(&store->lines);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		payload_list_free(&store->staging[s]);
}
