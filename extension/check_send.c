/* SPDX-License-Identifier: Apache-2.0 */
#include "check_send.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "answer_text.h"
#include "base/log_escape.h"
#include "base/now.h"
#include "check_advice.h"
#include "domain/check_items.h"
#include "domain/url_shown.h"
#include "edges/random.h"
#include "edges/transfer.h"
#include "exporter_body.h"
#include "wire/gzip.h"

struct run;

/* One item on its way. */
struct sent {
	struct run *run;
	const struct config_destination *to;
	enum otlp_signal signal;
	bool taken;
	struct bytes text; /* what came of it */
};

struct run {
	struct event_base *base;
	struct transfers *transfers;
	struct check_items items;
	unsigned under_way;
	struct sent sent[CONFIG_DESTINATIONS * OTLP_SIGNALS];
	unsigned count;
};

/* ---- What came of it ---- */

/* How long each step took: they are told as when they were done. */
static void add_times(struct bytes *out, const struct transfer_times *times)
{
	const struct {
		const char *name;
		int64_t done;
	} steps[] = {
		{"name", times->name},
		{"connect", times->connected},
		{"TLS", times->tls},
		{"first byte", times->first_byte},
	};
	int64_t before = 0;

	bytes_addf(out, " (");
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		if (steps[i].done < before || steps[i].done == 0)
			continue;
		bytes_addf(out, "%s %.1f ms, ", steps[i].name,
			   (double)(steps[i].done - before) / NS_PER_MS);
		before = steps[i].done;
	}
	bytes_addf(out, "in all %.1f ms)\n", (double)times->all / NS_PER_MS);
}

static void add_what(struct bytes *out, const struct sent *sent)
{
	if (sent->to->name)
		bytes_addf(out, "%s: ", sent->to->name);
	bytes_addf(out, "%s to ", otlp_signal_name(sent->signal));
	url_add_shown(out, sent->to->export[sent->signal].endpoint);
	bytes_addf(out, ": ");
}

static void add_words(struct bytes *out, const struct sent *sent, struct slice message)
{
	const struct export_settings *settings = &sent->to->export[sent->signal];
	char shown[4 * ANSWER_WORDS + 32];
	struct bytes text = {0};

	bytes_append(out, shown,
		     log_escape_text(shown, sizeof shown, answer_words(settings, message, &text)));
	bytes_free(&text);
}

static void add_answer(struct sent *sent, const struct transfer_result *result,
		       const struct otlp_response *response)
{
	struct bytes *out = &sent->text;
	char status[ANSWER_STATUS];

	sent->taken = answer_is_success(result) && response->rejected == 0;
	bytes_addf(out, "%s", sent->taken ? "taken" : "NOT TAKEN");
	answer_status(result, status);
	if (status[0])
		bytes_addf(out, ", %.*s", (int)strlen(status) - 2, status);
	if (answer_is_success(result) && response->rejected > 0)
		bytes_addf(out, ", but %" PRIu64 " rejected", response->rejected);
	if (result->error || response->message.len > 0)
		bytes_addf(out, ": ");
	add_words(out, sent, result->error ? slice_str(result->error) : response->message);
}

static void on_done(void *ctx, const struct transfer_result *result)
{
	struct sent *sent = ctx;
	struct otlp_response response;
	const char *advice;

	otlp_response_read(&response, sent->signal, answer_is_success(result), result->form,
			   result->body);
	add_answer(sent, result, &response);
	otlp_response_free(&response);
	add_times(&sent->text, &result->times);
	advice = check_advice(&sent->to->export[sent->signal], result);
	if (!sent->taken && advice)
		bytes_addf(&sent->text, "  %s\n", advice);
	if (--sent->run->under_way == 0)
		event_base_loopbreak(sent->run->base);
}

/* ---- On its way ---- */

static bool make_body(const struct sent *sent, struct transfer_body *body)
{
	struct batch batch = {.signal = sent->signal, .items = 1};
	struct bytes message = {0};
	struct payload *payload = NULL;
	size_t held = 0;
	bool ok;

	if (check_item_make(&sent->run->items, sent->signal, &message))
		payload = payload_new(sent->signal, &message, 1, 0, &held);
	ok = payload && payload_list_push(&batch.members, payload);
	if (payload && !ok)
		payload_unref(payload);
	ok = ok && body_make(&batch, &sent->to->export[sent->signal], body);
	payload_list_free(&batch.members);
	bytes_free(&message);
	return ok;
}

static void send_one(struct run *run, const struct config_destination *to, enum otlp_signal signal)
{
	struct sent *sent = &run->sent[run->count++];
	struct transfer_body body = {0};

	*sent = (struct sent){.run = run, .to = to, .signal = signal};
	add_what(&sent->text, sent);
	if (make_body(sent, &body) &&
	    transfer_start(run->transfers, &to->export[signal], &body, on_done, sent))
		run->under_way++;
	else
		bytes_addf(&sent->text, "NOT TAKEN: it could not be sent: is memory short?\n");
	bytes_free(&body.bytes);
}

static void send_all(struct run *run, const struct config *config)
{
	for (unsigned i = 0; i < config->destination_count * OTLP_SIGNALS; i++) {
		const struct config_destination *to = &config->destinations[i / OTLP_SIGNALS];

		if (to->export[i % OTLP_SIGNALS].endpoint)
			send_one(run, to, (enum otlp_signal)(i % OTLP_SIGNALS));
	}
	if (run->under_way > 0)
		event_base_dispatch(run->base);
}

static unsigned tell(struct run *run, struct bytes *out)
{
	unsigned lost = 0;

	for (unsigned i = 0; i < run->count; i++) {
		struct sent *sent = &run->sent[i];

		bytes_add(out, bytes_slice(&sent->text));
		bytes_free(&sent->text);
		lost += !sent->taken;
	}
	if (run->count == 0)
		bytes_addf(out, "nothing is sent: no signal goes anywhere\n");
	else if (lost == 0)
		bytes_addf(out, "all were taken\n");
	else
		bytes_addf(out, "%u of %u were not taken\n", lost, run->count);
	return lost;
}

static void make_items(struct check_items *items, const struct config *config,
		       struct resource *resource, const char *const *environment)
{
	*items = (struct check_items){
		.time = now_read().real,
		.delta = config->temporality != TEMPORALITY_CUMULATIVE,
		.resource = resource,
	};
	random_bytes(items->trace.trace_id, TRACE_ID_SIZE);
	random_bytes(items->trace.span_id, SPAN_ID_SIZE);
	resource_init(resource, config, environment);
	/* By hand there may be no function's name. */
	resource_add(resource, "service.name", slice_str("lull"));
}

unsigned check_send(const struct config *config, const struct check_options *options,
		    struct bytes *out)
{
	struct run run = {.base = event_base_new()};
	struct resource resource = {0};
	unsigned lost = 1;

	/* OpenSSL writes to what may be closed. */
	signal(SIGPIPE, SIG_IGN);
	if (run.base)
		run.transfers = transfers_new(run.base, options->layer, config);
	if (run.transfers) {
		make_items(&run.items, config, &resource, options->environment);
		send_all(&run, config);
		lost = tell(&run, out);
	} else {
		bytes_addf(out, "nothing could be sent: is memory short?\n");
	}
	transfers_free(run.transfers);
	if (run.base)
		event_base_free(run.base);
	resource_free(&resource);
	gzip_free();
	return lost;
}
