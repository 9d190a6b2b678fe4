/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "wire/gzip.h"
#include "wire/pb.h"

#define FOR_SLOTS(exporter, slot)                                                                  \
	for (struct exporter_slot *slot = &(exporter)->slots[0][0];                                \
	     slot < &(exporter)->slots[0][0] + EXPORTER_DESTINATIONS * OTLP_SIGNALS; slot++)

static enum otlp_signal signal_of(const struct exporter_slot *slot)
{
	return (enum otlp_signal)((slot - &slot->exporter->slots[0][0]) % OTLP_SIGNALS);
}

bool exporter_init(struct exporter *exporter, struct transfers *transfers, struct store *store)
{
	*exporter = (struct exporter){.transfers = transfers};
	for (size_t d = 0; d < store->destination_count; d++) {
		for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
			exporter->slots[d][s].exporter = exporter;
			exporter->slots[d][s].destination = &store->destinations[d];
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

/* partial_success (1) of any Export response: rejected items (1) and a message (2). The three
 * responses are alike (opentelemetry/proto/collector). */
static uint64_t rejected_items(const struct transfer_result *result, struct slice *message)
{
	struct pb_reader r = pb_read(pb_find(result->body, 1));
	struct pb_field field;
	uint64_t rejected = 0;

	*message = (struct slice){0};
	while (result->protobuf && pb_next(&r, &field)) {
		if (field.number == 1 && field.type == PB_VARINT)
			rejected = field.scalar;
		else if (field.number == 2 && field.type == PB_LEN)
			*message = field.value;
	}
	return rejected <= INT64_MAX ? rejected : 0;
}

/* The backend's own words: the message of a protobuf Status, or the start of the text. */
static struct slice words(const struct transfer_result *result)
{
	struct slice text = result->body;

	if (result->error)
		return slice_str(result->error);
	if (result->protobuf)
		text = pb_find(text, 2);
	if (text.len > 300)
		text.len = 300;
	return slice_trim(text);
}

static void say(const struct exporter_slot *slot, const struct transfer_result *result,
		enum verdict verdict)
{
	enum otlp_signal s = signal_of(slot);
	struct slice why = words(result);
	char status[32];
	const char *what = verdict == VERDICT_REFUSED ? "are dropped"
			   : verdict == VERDICT_LATER ? "are kept and sent again"
						      : "are sent again in smaller requests";

	/* What goes on failing is said once. */
	if (verdict == VERDICT_LATER && slot->destination->failures[s] > 0)
		return;
	snprintf(status, sizeof status, result->status ? "status %u: " : "", result->status);
	log_warn("%zu items of %s could not be exported and %s: %s%.*s", slot->batch.items,
		 otlp_signal_name(s), what, status, (int)why.len,
		 why.data ? (const char *)why.data : "");
}

static void on_done(void *ctx, const struct transfer_result *result)
{
	struct exporter_slot *slot = ctx;
	struct answer answer = {
		.status = result->status,
		.members = slot->batch.members.count,
		.items = slot->batch.items,
	};
	enum verdict verdict = retry_verdict(&answer);
	struct slice message;
	uint64_t rejected = rejected_items(result, &message);

	slot->transfer = NULL;
	if (verdict != VERDICT_EXPORTED)
		say(slot, result, verdict);
	else if (rejected > 0)
		log_warn("the backend rejected %" PRIu64 " of %zu items of %s: %.*s", rejected,
			 slot->batch.items, otlp_signal_name(signal_of(slot)), (int)message.len,
			 message.data ? (const char *)message.data : "");
	slot->gave_up = verdict == VERDICT_LATER;
	destination_settle(slot->destination, &slot->batch, verdict, rejected, now_read());
	slot->exporter->settled(slot->exporter->ctx);
}

/* ---- Requests ---- */

/* The batch as a body, compressed where that is wanted. */
static bool make_body(const struct batch *batch, bool gzip, struct bytes *body)
{
	struct bytes raw = {0};
	bool ok;

	batch_join(batch, &raw);
	if (gzip) {
		ok = !raw.failed && gzip_encode(bytes_slice(&raw), body);
		bytes_free(&raw);
		return ok;
	}
	*body = bytes_move(&raw);
	return !body->failed;
}

static void start(struct exporter_slot *slot, struct now now)
{
	enum otlp_signal s = signal_of(slot);
	const struct export_settings *settings = &slot->destination->settings[s];
	bool gzip = settings->compression == COMPRESSION_GZIP;
	struct bytes body = {0};

	if (!destination_take(slot->destination, s, &slot->batch))
		return;
	if (make_body(&slot->batch, gzip, &body))
		slot->transfer = transfer_start(slot->exporter->transfers, settings, &body, gzip,
						on_done, slot);
	if (!slot->transfer) {
		log_warn("no memory to export %s; they are kept", otlp_signal_name(s));
		slot->gave_up = true;
		destination_settle(slot->destination, &slot->batch, VERDICT_LATER, 0, now);
	}
	bytes_free(&body);
}

static bool to_be_tried(const struct exporter_slot *slot)
{
	return slot->destination && !slot->transfer && !slot->gave_up &&
	       destination_waiting(slot->destination, signal_of(slot));
}

void exporter_begin_flush(struct exporter *exporter)
{
	FOR_SLOTS(exporter, slot)
		slot->gave_up = false;
}

void exporter_start(struct exporter *exporter, bool flush, struct now now)
{
	FOR_SLOTS(exporter, slot) {
		if (!slot->destination)
			continue;
		if (!flush)
			slot->gave_up = slot->destination->retry_at[signal_of(slot)] > now.mono;
		if (to_be_tried(slot))
			start(slot, now);
	}
}

bool exporter_busy(struct exporter *exporter)
{
	FOR_SLOTS(exporter, slot)
		if (slot->transfer)
			return true;
	return false;
}

bool exporter_finished(struct exporter *exporter)
{
	FOR_SLOTS(exporter, slot)
		if (slot->transfer || to_be_tried(slot))
			return false;
	return true;
}

void exporter_put_back(struct exporter *exporter, struct now now)
{
	FOR_SLOTS(exporter, slot) {
		static const struct transfer_result cut = {.error = "no answer in time"};

		if (!slot->transfer)
			continue;
		transfer_cancel(slot->transfer);
		slot->transfer = NULL;
		for (size_t i = 0; i < slot->batch.members.count; i++)
			payload_list_at(&slot->batch.members, i)->maybe_sent = true;
		say(slot, &cut, VERDICT_LATER);
		destination_settle(slot->destination, &slot->batch, VERDICT_LATER, 0, now);
	}
}

int64_t exporter_retry_at(struct exporter *exporter)
{
	int64_t at = INT64_MAX;

	FOR_SLOTS(exporter, slot) {
		struct destination *d = slot->destination;
		enum otlp_signal s = signal_of(slot);

		if (d && !slot->transfer && destination_waiting(d, s) && d->retry_at[s] < at)
			at = d->retry_at[s];
	}
	return at;
}
