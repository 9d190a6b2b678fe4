/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter.h"

#include "base/log.h"
#include "exporter_answer.h"
#include "exporter_body.h"
#include "wire/gzip.h"

#define FOR_SLOTS(exporter, slot)                                                                  \
	for (struct exporter_slot *slot = &(exporter)->slots[0][0];                                \
	     slot <                                                                                \
	     &(exporter)->slots[0][0] + (exporter)->store->destination_count * OTLP_SIGNALS;       \
	     slot++)

bool exporter_init(struct exporter *exporter, struct transfers *transfers, struct spool *spool,
		   struct store *store, const struct resource *resource)
{
	*exporter = (struct exporter){
		.transfers = transfers,
		.spool = spool,
		.store = store,
		.resource = resource,
	};
	for (size_t d = 0; d < store->destination_count; d++) {
		for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
			exporter->slots[d][s] = (struct exporter_slot){
				.exporter = exporter,
				.signal = (enum otlp_signal)s,
				.destination = &store->destinations[d],
				.began = INT64_MIN,
				.redial_at = INT64_MAX,
			};
		}
	}
	return exporter->transfers != NULL;
}

void exporter_free(struct exporter *exporter)
{
	transfers_free(exporter->transfers);
	gzip_free();
}

/* ---- Answers ---- */

/* Books the batch; its file goes unless it is still needed. */
static void settle(struct exporter_slot *slot, const struct outcome *outcome, struct now now)
{
	bool on_disk = slot->batch.on_disk;

	slot->file.maybe_sent |= outcome->maybe_taken;
	destination_settle(slot->destination, &slot->batch, outcome, now);
	if (on_disk && outcome->verdict == VERDICT_LATER)
		spool_put_back(slot->exporter->spool, &slot->file);
	else if (on_disk)
		spool_remove(slot->exporter->spool, &slot->file);
}

/* The backend has no such signal: what is on disk of it goes, too. */
static void drop_files(struct exporter_slot *slot)
{
	struct ledger_account *account = &slot->destination->account[slot->signal];
	struct spool *spool = slot->exporter->spool;
	struct spool_batch file;

	while (spool_take(spool, slot->destination->number, slot->signal, &file)) {
		account->spooled -= file.items;
		account->dropped[DROP_TURNED_OFF] += file.items;
		spool_remove(spool, &file);
	}
}

static void on_done(void *ctx, const struct transfer_result *result)
{
	struct exporter_slot *slot = ctx;
	struct now now = now_read();
	struct outcome outcome = answer_outcome(slot, result, now);

	slot->transfer = NULL;
	slot->gave_up = outcome.verdict == VERDICT_LATER;
	slot->answered |= !slot->gave_up;
	/* The parts of what was refused as a whole need not wait for each other. */
	if (outcome.verdict == VERDICT_SINGLY || outcome.verdict == VERDICT_HALVE)
		slot->began = INT64_MIN;
	settle(slot, &outcome, now);
	if (outcome.verdict == VERDICT_OFF)
		drop_files(slot);
	slot->exporter->settled(slot->exporter->ctx);
}

/* ---- Requests ---- */

/* The oldest file of this slot as a batch. One that is not what was written is counted. */
static bool take_file(struct exporter_slot *slot, struct now now)
{
	struct exporter *e = slot->exporter;
	enum otlp_signal s = slot->signal;
	struct ledger_account *account = &slot->destination->account[s];
	struct payload_list members = {0};

	while (spool_take(e->spool, slot->destination->number, s, &slot->file)) {
		account->spooled -= slot->file.items;
		if (spool_read(e->spool, &slot->file, now.mono, &e->store->held, &members)) {
			destination_take_spooled(slot->destination, s, &members, &slot->batch);
			return true;
		}
		account->dropped[DROP_SPOOL] += slot->file.items;
		spool_remove(e->spool, &slot->file);
	}
	return false;
}

/* What is in memory first: it makes room. But not what is not due yet, which may never end. */
static bool take(struct exporter_slot *slot, bool file_first, struct now now)
{
	if (file_first && take_file(slot, now))
		return true;
	store_release(slot->exporter->store, slot->signal, slot->exporter->resource, FLUSH_BATCH);
	return destination_take(slot->destination, slot->signal, &slot->batch) ||
	       take_file(slot, now);
}

static void start(struct exporter_slot *slot, bool file_first, struct now now)
{
	enum otlp_signal s = slot->signal;
	const struct export_settings *settings = &slot->destination->settings[s];
	struct transfer_body body = {0};

	if (!take(slot, file_first, now))
		return;
	slot->began = now.mono;
	slot->redial_at = INT64_MAX;
	if (body_make(&slot->batch, settings, &body))
		slot->transfer = transfer_start(slot->exporter->transfers, settings, &body, on_done,
						slot);
	if (!slot->transfer) {
		struct outcome later = {.verdict = VERDICT_LATER, .pause = retry_pause(0, 1, 0)};

		log_warn("no memory to export %s; they are kept", otlp_signal_name(s));
		slot->gave_up = true;
		settle(slot, &later, now);
	}
	bytes_free(&body.bytes);
}

/* Cancels the request. Where that is a failure of the backend, which had its time, the circuit
 * learns of it. */
static void put_back(struct exporter_slot *slot, bool failed, struct now now)
{
	struct outcome later = {.verdict = VERDICT_LATER};

	later.maybe_taken = transfer_cancel(slot->transfer);
	slot->transfer = NULL;
	if (failed) {
		/* The other signals are not to wait for that, too. */
		transfers_distrust_backend(slot->exporter->transfers,
					   &slot->destination->settings[slot->signal]);
		later.pause = answer_none(slot, now);
	}
	settle(slot, &later, now);
}

static bool waits(const struct exporter_slot *slot)
{
	struct flush_waiting waiting;
	enum otlp_signal s = slot->signal;

	store_waiting(slot->exporter->store, slot->destination, s, &waiting);
	return waiting.oldest != INT64_MAX || slot->destination->account[s].spooled > 0;
}

void exporter_connect(struct exporter *exporter)
{
	FOR_SLOTS(exporter, slot)
		if (slot->destination->settings[slot->signal].endpoint)
			transfers_connect(exporter->transfers,
					  &slot->destination->settings[slot->signal]);
}

/* To make a body takes up to a millisecond of a full core, and nobody is answered meanwhile: one
 * request begins in a turn of the loop, of those that may the one of the slot whose last was the
 * longest ago. */
static struct exporter_slot *earlier(struct exporter_slot *a, struct exporter_slot *b)
{
	return a && a->began <= b->began ? a : b;
}

/* ---- Outside of a flush ---- */

static int64_t memory_due_at(const struct exporter_slot *slot, enum flush_pace pace, int64_t age)
{
	struct flush_waiting waiting;

	store_waiting(slot->exporter->store, slot->destination, slot->signal, &waiting);
	waiting.last_request = slot->began;
	return flush_due_at(&waiting, pace, age);
}

static int64_t due_at(const struct exporter_slot *slot, enum flush_pace pace, int64_t age)
{
	const struct circuit *circuit = slot_circuit(slot);
	int64_t at;

	if (slot->transfer)
		return INT64_MAX;
	at = memory_due_at(slot, pace, age);
	/* What is on disk is late as it is. */
	if (slot->destination->account[slot->signal].spooled > 0)
		at = INT64_MIN;
	return circuit->failures > 0 && circuit->retry_at > at ? circuit->retry_at : at;
}

int64_t exporter_start_due(struct exporter *exporter, enum flush_pace pace, int64_t age,
			   struct now now)
{
	int64_t next = INT64_MAX;
	struct exporter_slot *first = NULL;

	FOR_SLOTS(exporter, slot)
		if (due_at(slot, pace, age) <= now.mono)
			first = earlier(first, slot);
	if (first)
		start(first, memory_due_at(first, pace, age) > now.mono, now);
	FOR_SLOTS(exporter, slot) {
		int64_t at = due_at(slot, pace, age);

		/* Memory was short: not again at once, nor ever again. */
		if (slot == first && at <= now.mono)
			at = now.mono + FLUSH_REDIAL;
		next = at < next ? at : next;
	}
	return next;
}

/* ---- Flushes ---- */

void exporter_begin_flush(struct exporter *exporter)
{
	FOR_SLOTS(exporter, slot)
		slot->gave_up = slot->held = slot->answered = false;
}

static bool is_held(const struct exporter_slot *slot, enum export_effort effort)
{
	return effort == EXPORT_LAST || circuit_holds(slot_circuit(slot));
}

static bool to_be_tried(const struct exporter_slot *slot, enum export_effort effort, struct now now)
{
	if (slot->transfer || slot->gave_up || !waits(slot))
		return false;
	return effort == EXPORT_LAST ||
	       (circuit_admits(slot_circuit(slot), now) && circuit_holds(slot_circuit(slot)));
}

bool exporter_flush(struct exporter *exporter, enum export_effort effort, struct now now,
		    int64_t *again)
{
	struct exporter_slot *first = NULL;
	bool over = true;

	*again = INT64_MAX;
	FOR_SLOTS(exporter, slot) {
		if (slot->transfer && slot->redial_at <= now.mono)
			put_back(slot, false, now);
		if (to_be_tried(slot, effort, now))
			first = earlier(first, slot);
	}
	if (first)
		start(first, false, now);
	FOR_SLOTS(exporter, slot) {
		bool others = to_be_tried(slot, effort, now);

		if (others)
			*again = now.mono;
		over = over && !others;
		if (!slot->transfer || !is_held(slot, effort))
			continue;
		slot->held = true;
		over = false;
		*again = slot->redial_at < *again ? slot->redial_at : *again;
	}
	return over;
}

void exporter_end_flush(struct exporter *exporter, bool had_time, struct now now)
{
	FOR_SLOTS(exporter, slot) {
		bool probe = slot->transfer && !slot->held;

		/* One that answers, but has more to take than there is time for, does not fail. */
		if (slot->transfer)
			put_back(slot, had_time && slot->held && !slot->answered, now);
		if (probe)
			circuit_cut(slot_circuit(slot), now, answer_pause(slot, 0, now));
		if (!slot->held && slot_circuit(slot)->failures > 0 && waits(slot))
			circuit_spared(slot_circuit(slot));
	}
	transfers_end_connecting(exporter->transfers);
}

/* ---- Freezes ---- */

void exporter_thaw(struct exporter *exporter, int64_t lost_at)
{
	transfers_distrust(exporter->transfers);
	FOR_SLOTS(exporter, slot)
		slot->redial_at = slot->transfer ? lost_at : INT64_MAX;
}

bool exporter_interrupted(const struct exporter *exporter, struct now now)
{
	for (size_t d = 0; d < EXPORTER_DESTINATIONS; d++)
		for (size_t s = 0; s < OTLP_SIGNALS; s++)
			if (exporter->slots[d][s].transfer &&
			    now.mono - exporter->slots[d][s].began >= FLUSH_INTERRUPTED)
				return true;
	return false;
}
