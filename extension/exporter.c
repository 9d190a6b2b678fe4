/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "wire/gzip.h"
#include "wire/pb.h"

/* So much of what a backend says is repeated, in bytes. */
#define WORDS 300

#define FOR_SLOTS(exporter, slot)                                                                  \
	for (struct exporter_slot *slot = &(exporter)->slots[0][0];                                \
	     slot <                                                                                \
	     &(exporter)->slots[0][0] + (exporter)->store->destination_count * OTLP_SIGNALS;       \
	     slot++)

static enum otlp_signal signal_of(const struct exporter_slot *slot)
{
	return (enum otlp_signal)((slot - &slot->exporter->slots[0][0]) % OTLP_SIGNALS);
}

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

static unsigned number_of(const struct exporter_slot *slot)
{
	return (unsigned)(slot->destination - slot->exporter->store->destinations);
}

static struct circuit *circuit_of(const struct exporter_slot *slot)
{
	return &slot->destination->circuit[signal_of(slot)];
}

/* ---- Answers ---- */

/* partial_success (1) of any Export response: rejected items (1) and a message (2). The three
 * responses are alike (opentelemetry/proto/collector). */
static uint64_t rejected_items(const struct transfer_result *result, struct slice *message)
{
	struct slice partial = pb_find_cut(result->body, 1);
	struct pb_reader r = pb_read(partial);
	struct pb_field field;
	uint64_t rejected = 0;

	*message = (struct slice){0};
	if (!result->protobuf)
		return 0;
	while (pb_next(&r, &field))
		if (field.number == 1 && field.type == PB_VARINT)
			rejected = field.scalar;
	*message = pb_find_cut(partial, 2);
	return rejected <= INT64_MAX ? rejected : 0;
}

/* The backend's own words: the message of a protobuf Status, or the start of the text. */
static struct slice words(const struct transfer_result *result)
{
	struct slice text = result->body;

	if (result->error)
		return slice_str(result->error);
	if (result->protobuf)
		text = pb_find_cut(text, 2);
	if (text.len > WORDS)
		text.len = WORDS;
	return slice_trim(text);
}

static const char *what_now(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_REFUSED:
		return "are dropped";
	case VERDICT_OFF:
		return "are dropped, as is all of them from now on: the backend does not take them "
		       "there";
	case VERDICT_LATER:
		return "are kept and sent again";
	default:
		return "are sent again in smaller requests";
	}
}

/* What goes on failing in one way is said once. */
static bool said_before(struct exporter_slot *slot, enum verdict verdict)
{
	bool before = slot->said & 1U << verdict;

	slot->said |= 1U << verdict;
	return before;
}

static void say(struct exporter_slot *slot, const struct transfer_result *result,
		enum verdict verdict)
{
	struct slice why = words(result);
	char status[32];

	if (said_before(slot, verdict))
		return;
	snprintf(status, sizeof status, result->status ? "status %u: " : "", result->status);
	log_warn("%zu items of %s could not be exported and %s: %s%.*s", slot->batch.items,
		 otlp_signal_name(signal_of(slot)), what_now(verdict), status, (int)why.len,
		 why.data ? (const char *)why.data : "");
}

/* A success, perhaps with something to say (partial_success). */
static void say_exported(struct exporter_slot *slot, uint64_t rejected, struct slice message)
{
	const char *text = message.data ? (const char *)message.data : "";
	int len = (int)(message.len < WORDS ? message.len : WORDS);

	if (rejected == 0)
		slot->said &= ~(1U << VERDICT_LATER);
	if ((rejected == 0 && len == 0) || slot->partial_said)
		return;
	slot->partial_said = true;
	if (rejected > 0)
		log_warn("the backend rejected %" PRIu64 " of %zu items of %s: %.*s", rejected,
			 slot->batch.items, otlp_signal_name(signal_of(slot)), len, text);
	else
		log_warn("the backend took %zu items of %s with a warning: %.*s", slot->batch.items,
			 otlp_signal_name(signal_of(slot)), len, text);
}

/* What a failure for now costs. The random part keeps environments that failed together from coming
 * back together. */
static int64_t pause_after(const struct exporter_slot *slot, const struct transfer_result *result,
			   struct now now)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
		random = (uint32_t)now.mono;
	return retry_pause(result->retry_after, circuit_attempts(circuit_of(slot)), random);
}

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
	struct ledger_account *account = &slot->destination->account[signal_of(slot)];
	struct spool *spool = slot->exporter->spool;
	struct spool_batch file;

	while (spool_take(spool, number_of(slot), signal_of(slot), &file)) {
		account->spooled -= file.items;
		account->dropped[DROP_TURNED_OFF] += file.items;
		spool_remove(spool, &file);
	}
}

static void on_done(void *ctx, const struct transfer_result *result)
{
	struct exporter_slot *slot = ctx;
	struct now now = now_read();
	struct answer answer = {
		.status = result->status,
		.members = slot->batch.members.count,
		.items = slot->batch.items,
		.message = words(result),
	};
	struct slice message;
	struct outcome outcome = {
		.verdict = retry_verdict(&answer),
		.rejected = rejected_items(result, &message),
		.maybe_taken = result->maybe_taken || retry_maybe_taken(result->status),
	};

	slot->transfer = NULL;
	if (outcome.verdict == VERDICT_EXPORTED)
		say_exported(slot, outcome.rejected, message);
	else
		say(slot, result, outcome.verdict);
	if (outcome.verdict == VERDICT_LATER)
		outcome.pause = pause_after(slot, result, now);
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

/* The batch as a body, compressed where that is wanted. A copy less where it is one payload. */
static bool make_body(const struct batch *batch, bool gzip, struct bytes *body)
{
	struct bytes joined = {0};
	struct slice raw;
	bool ok;

	if (gzip && batch->members.count == 1) {
		raw = bytes_slice(&payload_list_at(&batch->members, 0)->message);
	} else {
		batch_join(batch, &joined);
		raw = bytes_slice(&joined);
	}
	if (!gzip) {
		*body = bytes_move(&joined);
		return !body->failed;
	}
	ok = !joined.failed && gzip_encode(raw, body);
	bytes_free(&joined);
	return ok;
}

/* The oldest file of this slot as a batch. One that is not what was written is counted. */
static bool take_file(struct exporter_slot *slot, struct now now)
{
	struct exporter *e = slot->exporter;
	enum otlp_signal s = signal_of(slot);
	struct ledger_account *account = &slot->destination->account[s];
	struct payload_list members = {0};

	while (spool_take(e->spool, number_of(slot), s, &slot->file)) {
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
	store_release(slot->exporter->store, signal_of(slot), slot->exporter->resource,
		      FLUSH_BATCH);
	return destination_take(slot->destination, signal_of(slot), &slot->batch) ||
	       take_file(slot, now);
}

static void start(struct exporter_slot *slot, bool file_first, struct now now)
{
	enum otlp_signal s = signal_of(slot);
	const struct export_settings *settings = &slot->destination->settings[s];
	bool gzip = settings->compression == COMPRESSION_GZIP;
	struct bytes body = {0};

	if (!take(slot, file_first, now))
		return;
	slot->began = now.mono;
	slot->redial_at = INT64_MAX;
	if (make_body(&slot->batch, gzip, &body))
		slot->transfer = transfer_start(slot->exporter->transfers, settings, &body, gzip,
						on_done, slot);
	if (!slot->transfer) {
		struct outcome later = {.verdict = VERDICT_LATER, .pause = retry_pause(0, 1, 0)};

		log_warn("no memory to export %s; they are kept", otlp_signal_name(s));
		slot->gave_up = true;
		settle(slot, &later, now);
	}
	bytes_free(&body);
}

/* Cancels the request. Where that is a failure of the backend, which had its time, the circuit learns
 * of it. */
static void put_back(struct exporter_slot *slot, bool failed, struct now now)
{
	static const struct transfer_result cut = {.error = "no answer in time"};
	struct outcome later = {.verdict = VERDICT_LATER};

	later.maybe_taken = transfer_cancel(slot->transfer);
	slot->transfer = NULL;
	if (failed) {
		/* Perhaps nobody is there any more: the others are not to wait for that, too. */
		transfers_distrust(slot->exporter->transfers);
		say(slot, &cut, VERDICT_LATER);
		later.pause = pause_after(slot, &cut, now);
	}
	settle(slot, &later, now);
}

static bool waits(const struct exporter_slot *slot)
{
	struct flush_waiting waiting;
	enum otlp_signal s = signal_of(slot);

	store_waiting(slot->exporter->store, slot->destination, s, &waiting);
	return waiting.oldest != INT64_MAX || slot->destination->account[s].spooled > 0;
}

void exporter_connect(struct exporter *exporter)
{
	FOR_SLOTS(exporter, slot)
		if (slot->destination->settings[signal_of(slot)].endpoint)
			transfers_connect(exporter->transfers,
					  &slot->destination->settings[signal_of(slot)]);
}

/* ---- Outside of a flush ---- */

static int64_t memory_due_at(const struct exporter_slot *slot, enum flush_pace pace, int64_t age)
{
	struct flush_waiting waiting;

	store_waiting(slot->exporter->store, slot->destination, signal_of(slot), &waiting);
	waiting.last_request = slot->began;
	return flush_due_at(&waiting, pace, age);
}

static int64_t due_at(const struct exporter_slot *slot, enum flush_pace pace, int64_t age)
{
	const struct circuit *circuit = circuit_of(slot);
	int64_t at;

	if (slot->transfer)
		return INT64_MAX;
	at = memory_due_at(slot, pace, age);
	/* What is on disk is late as it is. */
	if (slot->destination->account[signal_of(slot)].spooled > 0)
		at = INT64_MIN;
	return circuit->failures > 0 && circuit->retry_at > at ? circuit->retry_at : at;
}

int64_t exporter_start_due(struct exporter *exporter, enum flush_pace pace, int64_t age,
			   struct now now)
{
	int64_t next = INT64_MAX;

	FOR_SLOTS(exporter, slot) {
		int64_t at = due_at(slot, pace, age);

		if (at <= now.mono) {
			start(slot, memory_due_at(slot, pace, age) > now.mono, now);
			at = due_at(slot, pace, age);
			/* Memory was short: not again at once, nor ever again. */
			at = at > now.mono ? at : now.mono + FLUSH_REDIAL;
		}
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
	return effort == EXPORT_LAST || circuit_holds(circuit_of(slot));
}

static bool to_be_tried(const struct exporter_slot *slot, enum export_effort effort, struct now now)
{
	if (slot->transfer || slot->gave_up || !waits(slot))
		return false;
	return effort == EXPORT_LAST ||
	       (circuit_admits(circuit_of(slot), now) && circuit_holds(circuit_of(slot)));
}

bool exporter_flush(struct exporter *exporter, enum export_effort effort, struct now now,
		    int64_t *again)
{
	bool over = true;

	*again = INT64_MAX;
	FOR_SLOTS(exporter, slot) {
		if (slot->transfer && slot->redial_at <= now.mono)
			put_back(slot, false, now);
		if (to_be_tried(slot, effort, now))
			start(slot, false, now);
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
	static const struct transfer_result cut = {0};

	FOR_SLOTS(exporter, slot) {
		bool probe = slot->transfer && !slot->held;

		/* One that answers, but has more to take than there is time for, does not fail. */
		if (slot->transfer)
			put_back(slot, had_time && slot->held && !slot->answered, now);
		if (probe)
			circuit_cut(circuit_of(slot), now, pause_after(slot, &cut, now));
		if (!slot->held && circuit_of(slot)->failures > 0 && waits(slot))
			circuit_spared(circuit_of(slot));
	}
	transfers_end_connecting(exporter->transfers);
}

/* ---- Freezes ---- */

void exporter_thaw(struct exporter *exporter, struct now now)
{
	transfers_distrust(exporter->transfers);
	FOR_SLOTS(exporter, slot)
		slot->redial_at = slot->transfer ? now.mono + FLUSH_REDIAL : INT64_MAX;
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
