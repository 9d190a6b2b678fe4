/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "answer_text.h"
#include "base/log.h"

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

/* "traces", or "traces for vendor" of a destination with a name. */
#define WHAT 64
static const char *what(const struct exporter_slot *slot, char text[static WHAT])
{
	const char *name = slot->destination->name;

	snprintf(text, WHAT, "%s%s%s", otlp_signal_name(slot->signal), name ? " for " : "",
		 name ? name : "");
	return text;
}

static const struct export_settings *settings_of(const struct exporter_slot *slot)
{
	return &slot->destination->settings[slot->signal];
}

static void say(struct exporter_slot *slot, const struct transfer_result *result,
		enum verdict verdict, struct slice message)
{
	struct bytes text = {0};
	char status[ANSWER_STATUS], of[WHAT];

	if (said_before(slot, verdict))
		return;
	log_warn("%zu items of %s could not be exported and %s: %s%s", slot->batch.items,
		 what(slot, of), what_now(verdict), answer_status(result, status),
		 answer_words(settings_of(slot), message, &text));
	bytes_free(&text);
}

/* A success, perhaps with something to say (partial_success). */
static void say_exported(struct exporter_slot *slot, const struct otlp_response *response)
{
	struct bytes text = {0};
	char of[WHAT];

	if (response->rejected == 0)
		slot->said &= ~(1U << VERDICT_LATER);
	if ((response->rejected == 0 && response->message.len == 0) || slot->partial_said)
		return;
	slot->partial_said = true;
	if (response->rejected > 0)
		log_warn("the backend rejected %" PRIu64 " of %zu items of %s: %s",
			 response->rejected, slot->batch.items, what(slot, of),
			 answer_words(settings_of(slot), response->message, &text));
	else
		log_warn("the backend took %zu items of %s with a warning: %s", slot->batch.items,
			 what(slot, of), answer_words(settings_of(slot), response->message, &text));
	bytes_free(&text);
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
	static const struct transfer_result none = {0};

	say(slot, &none, VERDICT_LATER, slice_str("no answer in time"));
	return answer_pause(slot, 0, now);
}

struct outcome answer_outcome(struct exporter_slot *slot, const struct transfer_result *result,
			      struct now now)
{
	struct otlp_response response;
	struct answer answer = {
		.status = result->status,
		.members = slot->batch.members.count,
		.items = slot->batch.items,
		.is_grpc = result->is_grpc,
		.code = result->code,
		.retry_info = result->retry_info,
	};
	struct outcome outcome;

	otlp_response_read(&response, slot->signal, answer_is_success(result), result->form,
			   result->body);
	answer.message = result->error ? slice_str(result->error) : response.message;
	outcome = (struct outcome){
		.verdict = retry_verdict(&answer),
		.rejected = response.rejected,
		.maybe_taken = result->maybe_taken || retry_maybe_taken(&answer),
	};
	if (outcome.verdict == VERDICT_EXPORTED)
		say_exported(slot, &response);
	else
		say(slot, result, outcome.verdict, answer.message);
	if (outcome.verdict == VERDICT_LATER)
		outcome.pause = answer_pause(slot, result->retry_after, now);
	otlp_response_free(&response);
	return outcome;
}
