/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "wire/pb.h"

/* So much of what a backend says is repeated, in bytes. */
#define WORDS 300

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
		 otlp_signal_name(slot->signal), what_now(verdict), status, (int)why.len,
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
			 slot->batch.items, otlp_signal_name(slot->signal), len, text);
	else
		log_warn("the backend took %zu items of %s with a warning: %.*s", slot->batch.items,
			 otlp_signal_name(slot->signal), len, text);
}

int64_t answer_pause(const struct exporter_slot *slot, int64_t asked, struct now now)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
		random = (uint32_t)now.mono;
	return retry_pause(asked, circuit_attempts(slot_circuit(slot)), random);
}

int64_t answer_none(struct exporter_slot *slot, struct now now)
{
	static const struct transfer_result none = {.error = "no answer in time"};

	say(slot, &none, VERDICT_LATER);
	return answer_pause(slot, 0, now);
}

struct outcome answer_outcome(struct exporter_slot *slot, const struct transfer_result *result,
			      struct now now)
{
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

	if (outcome.verdict == VERDICT_EXPORTED)
		say_exported(slot, outcome.rejected, message);
	else
		say(slot, result, outcome.verdict);
	if (outcome.verdict == VERDICT_LATER)
		outcome.pause = answer_pause(slot, result->retry_after, now);
	return outcome;
}
