/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_lambda.h"

#include <stdio.h>
#include <string.h>

#include "agent_export.h"
#include "agent_step.h"
#include "base/log.h"
#include "edges/random.h"
#include "edges/transfer_random.h"
#include "policy/flush.h"

static void on_registered(void *ctx, struct slice account_id)
{
	struct agent *a = ctx;

	resource_add(&a->resource, "cloud.account.id", account_id);
	agent_step(a, LIFE_REGISTERED);
}

static void on_subscribed(void *ctx, bool accepted, unsigned status)
{
	struct agent *a = ctx;

	a->subscribed = accepted;
	a->told = accepted && !a->options->managed_instances;
	/* In `end` the environment may be frozen whenever the next event is waited for. */
	a->background = !a->told || a->config->flush.mode == FLUSH_LAZY;
	if (!accepted)
		log_warn(
			"Lambda's Telemetry API is not to be had here (status %u): no log lines of "
			"the function, and data is exported during later invocations and at SHUTDOWN",
			status);
	agent_step(a, LIFE_SUBSCRIBED);
}

/* Was the end of one before, which was waited for in vain, told by now? Telemetry comes in order,
 * but later than INVOKE. */
void agent_started(struct agent *a)
{
	const struct invocation *last = invocations_find(&a->invocations, slice_str(a->missed));
	bool lost = a->missed[0] && a->told && !(last && last->done);

	a->missed[0] = 0;
	agent_step(a, lost ? LIFE_NOT_STARTED : LIFE_STARTED);
}

static bool awaits_end(const struct agent *a, struct now now)
{
	const struct flush_view view = {
		.mode = a->config->flush.mode,
		.told = a->told,
		.interrupted = exporter_interrupted(&a->exporter, now),
		.cadence = &a->cadence,
	};

	return flush_awaits_end(&view);
}

/* Where Lambda does not tell the ends of invocations the next one ends the one before. */
static void end_untold(struct agent *a, struct now now)
{
	const struct invocation *last = invocations_find(&a->invocations, slice_str(a->request_id));

	if (!a->told && last && !last->done)
		hints_ended(&a->hints, last, now);
}

static void on_invoke(struct agent *a, const struct lambda_event *event, struct now now)
{
	struct invocation *invocation;

	a->urgent = false;
	end_untold(a, now);
	cadence_invoke(&a->cadence, now_gap(a->idle, now));
	invocation = invocations_invoke(&a->invocations, event->request_id, event->trace_header,
					(uint64_t)now.real);
	snprintf(a->request_id, sizeof a->request_id, "%s", invocation->request_id);
	resource_add_arn(&a->resource, event->function_arn);
	books_add_metrics(&a->books, false, now);
	a->background = !awaits_end(a, now);
	if (a->background)
		agent_gather(a, false, now);
	agent_step(a, a->background ? LIFE_INVOKE_LAZY : LIFE_INVOKE_END);
	/* The Telemetry API may have been faster. */
	if (invocation->started)
		agent_started(a);
	if (invocation->done)
		agent_step(a, LIFE_DONE);
	agent_look(a);
}

void agent_name_instance(struct agent *a)
{
	char uuid[RANDOM_UUID];

	random_uuid(uuid);
	resource_renew(&a->resource, "service.instance.id", slice_str(uuid));
}

void agent_restored(struct agent *a, struct now now)
{
	a->snapshot = false;
	a->restored = true;
	agent_name_instance(a);
	transfer_random_renew();
	exporter_thaw(&a->exporter, now.mono + FLUSH_REDIAL);
	platform_restored(&a->platform, now);
	a->books.started = now;
}

/* The environment ends for good, as it does after some minutes without an invocation; after a
 * time-out or a crash it is only reset, and its disk stays. */
static bool is_spindown(struct slice reason)
{
	return reason.len == 8 && strncasecmp((const char *)reason.data, "spindown", 8) == 0;
}

static void on_lambda_event(void *ctx, const struct lambda_event *event)
{
	struct agent *a = ctx;
	struct now now = now_read();
	bool thawed;

	if (a->snapshot)
		agent_restored(a, now);
	a->deadline = event->type == LAMBDA_SHUTDOWN
			      ? flush_shutdown_deadline(now, event->deadline_ms)
			      : flush_deadline(now, event->deadline_ms);
	/* Managed Instances are never frozen. */
	thawed = !a->options->managed_instances && flush_distrusts(a->idle, now);
	if (thawed)
		exporter_thaw(&a->exporter, now.mono + FLUSH_REDIAL);
	if (event->type == LAMBDA_INVOKE) {
		on_invoke(a, event, now);
		return;
	}
	/* There is no later try: none on a connection that may be dead, however short the freeze
	 * was. */
	if (!thawed)
		exporter_thaw(&a->exporter, flush_last_redial_at(now, a->deadline));
	a->last_life = is_spindown(event->reason);
	platform_shutdown(&a->platform, event->reason);
	agent_step(a, LIFE_SHUTDOWN);
}

struct lambda_api_handler agent_lambda_handler(struct agent *a)
{
	return (struct lambda_api_handler){on_registered, on_subscribed, on_lambda_event, a};
}
