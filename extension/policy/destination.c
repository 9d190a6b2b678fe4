/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/destination.h"

bool destination_takes(const struct destination *d, enum otlp_signal signal)
{
	return d->settings[signal].endpoint != NULL;
}

/* Its own in payload.maybe_sent. */
static unsigned bit_of(const struct destination *d)
{
	return 1U << d->number;
}

size_t destination_batch(const struct destination *d, enum otlp_signal signal)
{
	return d->settings[signal].protocol == PROTOCOL_HTTP_JSON ? FLUSH_BATCH_JSON : FLUSH_BATCH;
}

static bool joins(const struct batch *batch, const struct payload *next, size_t limit)
{
	if (batch->members.count == 0)
		return true;
	return !next->alone && !payload_list_at(&batch->members, 0)->alone &&
	       batch->bytes + next->message.len <= limit;
}

bool destination_take(struct destination *d, enum otlp_signal signal, struct batch *batch)
{
	struct payload_list *queue = &d->queue[signal];
	size_t limit = destination_batch(d, signal);

	*batch = (struct batch){.signal = signal};
	while (queue->count > 0 && joins(batch, payload_list_at(queue, 0), limit)) {
		struct payload *p = payload_list_at(queue, 0);

		if (!payload_list_push(&batch->members, p))
			break;
		payload_list_pop(queue);
		batch->items += p->items;
		batch->bytes += p->message.len;
	}
	d->in_flight[signal] += batch->items;
	return batch->members.count > 0;
}

void destination_take_spooled(struct destination *d, enum otlp_signal signal,
			      struct payload_list *members, struct batch *batch)
{
	*batch = (struct batch){.signal = signal,
				.members = *members,
				.items = payload_list_items(members),
				.bytes = members->bytes,
				.on_disk = true};
	*members = (struct payload_list){0};
	d->in_flight[signal] += batch->items;
}

void batch_join(const struct batch *batch, struct bytes *out)
{
	bytes_reserve(out, batch->bytes);
	for (size_t i = 0; i < batch->members.count; i++)
		bytes_add(out, bytes_slice(&payload_list_at(&batch->members, i)->message));
}

/* Two payloads of half the items each, or none where memory is short. */
static bool halve(const struct payload *p, struct payload *halves[static 2])
{
	struct bytes head = {0}, tail = {0};
	size_t count = p->items / 2;

	otlp_split(p->signal, bytes_slice(&p->message), count, &head, &tail);
	if (head.failed || tail.failed) {
		bytes_free(&head);
		bytes_free(&tail);
		return false;
	}
	halves[0] = payload_new(p->signal, &head, count, p->arrived, p->held);
	halves[1] = payload_new(p->signal, &tail, p->items - count, p->arrived, p->held);
	if (halves[0] && halves[1]) {
		halves[0]->alone = halves[1]->alone = true;
		halves[0]->maybe_sent = halves[1]->maybe_sent = p->maybe_sent;
		halves[0]->own = halves[1]->own = p->own;
		return true;
	}
	payload_unref(halves[0]);
	payload_unref(halves[1]);
	return false;
}

/* One member back to the front of its queue. */
static void put_back(struct destination *d, struct payload *p, enum verdict verdict, bool last)
{
	struct payload_list *queue = &d->queue[p->signal];
	struct payload *halves[2];

	/* Shared with other destinations: there it then travels alone too, which costs a
	 * request. */
	if (verdict == VERDICT_SINGLY || verdict == VERDICT_HALVE)
		p->alone = true;
	if (verdict != VERDICT_HALVE || !last || p->items == 1) {
		if (payload_list_push_front(queue, p))
			return;
	} else if (payload_list_reserve(queue, 2) && halve(p, halves)) {
		payload_list_push_front(queue, halves[1]);
		payload_list_push_front(queue, halves[0]);
		payload_unref(p);
		return;
	}
	/* One that is too large and cannot be halved would be refused again and again. */
	d->account[p->signal].dropped[DROP_NO_MEMORY] += p->items;
	payload_unref(p);
}

static void put_all_back(struct destination *d, struct batch *batch, enum verdict verdict)
{
	bool only = batch->members.count == 1;

	/* From the last, so that the first is at the front again. */
	for (size_t i = batch->members.count; i > 0; i--)
		put_back(d, payload_list_at(&batch->members, i - 1), verdict, only);
	batch->members.count = 0;
}

/* Back to where it came from. */
static void keep(struct destination *d, struct batch *batch, const struct outcome *outcome)
{
	for (size_t i = 0; outcome->maybe_taken && i < batch->members.count; i++)
		payload_list_at(&batch->members, i)->maybe_sent |= bit_of(d);
	if (batch->on_disk && outcome->verdict == VERDICT_LATER)
		d->account[batch->signal].spooled += batch->items;
	else
		put_all_back(d, batch, outcome->verdict);
}

/* Of `exported` items: which ones the backend rejected, nobody says. */
static uint64_t maybe_twice(const struct destination *d, const struct batch *batch,
			    const struct outcome *outcome, uint64_t exported)
{
	uint64_t items = 0;

	for (size_t i = 0; i < batch->members.count; i++) {
		const struct payload *p = payload_list_at(&batch->members, i);

		items += outcome->maybe_taken || p->maybe_sent & bit_of(d) ? p->items : 0;
	}
	return items < exported ? items : exported;
}

enum drop_reason destination_off_reason(const struct payload *payload)
{
	return payload->own ? DROP_OWN : DROP_TURNED_OFF;
}

static void turn_off(struct destination *d, enum otlp_signal signal)
{
	struct payload *p;

	d->circuit[signal].off = true;
	while ((p = payload_list_pop(&d->queue[signal]))) {
		d->account[signal].dropped[destination_off_reason(p)] += p->items;
		payload_unref(p);
	}
}

/* Of a batch from disk nobody knows who made what. */
static void drop_unknown(struct ledger_account *account, const struct batch *batch)
{
	uint64_t items = batch->items;

	for (size_t i = 0; i < batch->members.count; i++) {
		const struct payload *p = payload_list_at(&batch->members, i);

		account->dropped[destination_off_reason(p)] += p->items;
		items -= p->items;
	}
	account->dropped[DROP_TURNED_OFF] += items;
}

static void empty(struct destination *d, struct batch *batch)
{
	d->in_flight[batch->signal] -= batch->items;
	payload_list_free(&batch->members);
	*batch = (struct batch){0};
}

void destination_settle(struct destination *d, struct batch *batch, const struct outcome *outcome,
			struct now now)
{
	enum otlp_signal s = batch->signal;
	struct ledger_account *account = &d->account[s];
	uint64_t rejected = outcome->rejected < batch->items ? outcome->rejected
							     : (uint64_t)batch->items;

	switch (outcome->verdict) {
	case VERDICT_EXPORTED:
		account->exported += batch->items - rejected;
		account->dropped[DROP_REFUSED] += rejected;
		account->possible_duplicates += maybe_twice(d, batch, outcome,
							    batch->items - rejected);
		break;
	case VERDICT_REFUSED:
		account->dropped[DROP_REFUSED] += batch->items;
		break;
	case VERDICT_OFF:
		drop_unknown(account, batch);
		turn_off(d, s);
		break;
	case VERDICT_LATER:
	case VERDICT_SINGLY:
	case VERDICT_HALVE:
		keep(d, batch, outcome);
		break;
	}
	if (outcome->verdict != VERDICT_LATER)
		circuit_answered(&d->circuit[s]);
	else if (outcome->pause > 0)
		circuit_failed(&d->circuit[s], now, outcome->pause);
	empty(d, batch);
}

void destination_spooled(struct destination *d, struct batch *batch)
{
	d->account[batch->signal].spooled += batch->items;
	empty(d, batch);
}

void destination_drop(struct destination *d, struct batch *batch, enum drop_reason reason)
{
	d->account[batch->signal].dropped[reason] += batch->items;
	empty(d, batch);
}

int64_t destination_oldest(const struct destination *d, enum otlp_signal *signal)
{
	int64_t oldest = INT64_MAX;

	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		if (d->queue[s].count == 0 || payload_list_at(&d->queue[s], 0)->arrived >= oldest)
			continue;
		oldest = payload_list_at(&d->queue[s], 0)->arrived;
		*signal = (enum otlp_signal)s;
	}
	return oldest;
}

bool destination_drop_oldest(struct destination *d, enum drop_reason reason)
{
	enum otlp_signal s;
	struct payload *p;

	if (destination_oldest(d, &s) == INT64_MAX)
		return false;
	p = payload_list_pop(&d->queue[s]);
	d->account[s].dropped[reason] += p->items;
	payload_unref(p);
	return true;
}

uint64_t destination_held(const struct destination *d, enum otlp_signal signal)
{
	return payload_list_items(&d->queue[signal]) + d->in_flight[signal];
}

void destination_free(struct destination *d)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		payload_list_free(&d->queue[s]);
}
