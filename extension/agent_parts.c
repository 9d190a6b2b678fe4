/* SPDX-License-Identifier: Apache-2.0 */
#include "agent_parts.h"

#include <stdio.h>
#include <string.h>

#include "domain/config_destination.h"
#include "domain/config_env.h"
#include "edges/last_resort.h"

static void on_libevent_fatal(int error)
{
	(void)error;
	last_resort_enter("lull's event loop failed");
}

static bool make_loop(struct agent *a)
{
	struct event_config *settings = event_config_new();

	event_set_fatal_callback(on_libevent_fatal);
	if (!settings)
		return false;
	event_config_set_flag(settings, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	a->base = event_base_new_with_config(settings);
	event_config_free(settings);
	return a->base != NULL;
}

static void make_store(struct agent *a)
{
	const struct config *config = a->config;

	for (unsigned i = 0; i < config->destination_count; i++)
		a->destinations[i] = (struct destination){
			.number = i,
			.name = config->destinations[i].name,
			.key = config_destination_key(config->destinations[i].name),
			.settings = config->destinations[i].export,
		};
	a->store = (struct store){
		.invocations = &a->invocations,
		.destinations = a->destinations,
		.destination_count = config->destination_count,
		.limit = config->buffer,
	};
	memcpy(a->store.off, config->off, sizeof a->store.off);
}

static void make_books(struct agent *a)
{
	a->spool = spool_new(a->config->spool_folder, a->config->spool);
	a->overflow =
		(struct overflow){.store = &a->store, .spool = a->spool, .resource = &a->resource};
	a->books = (struct books){
		.store = &a->store,
		.spool = a->spool,
		.metrics = a->config->self_metrics,
		.started = now_read(),
	};
}

static void make_platform(struct agent *a)
{
	a->platform = (struct platform){
		.config = a->config,
		.store = &a->store,
		.invocations = &a->invocations,
		.function = slice_str(
			config_env(a->options->environment, "AWS_LAMBDA_FUNCTION_NAME")),
		.initialization = slice_str(a->options->initialization),
		.runtime_api = a->options->runtime_api,
	};
	platform_init(&a->platform, a->books.started);
}

static bool make_exporter(struct agent *a)
{
	struct transfers *transfers;
	char layer[512];

	snprintf(layer, sizeof layer, "%s/..", a->options->folder);
	transfers = transfers_new(a->base, layer, a->config);
	return exporter_init(&a->exporter, transfers, a->spool, &a->store, &a->resource);
}

bool agent_make_parts(struct agent *a)
{
	a->invocations.concurrent = a->options->managed_instances;
	a->invocations.correlate = correlate_new(&a->config->correlate_keys);
	make_store(a);
	make_books(a);
	make_platform(a);
	return a->spool && make_loop(a) && make_exporter(a);
}

void agent_free_parts(struct agent *a)
{
	intake_free(&a->intake);
	platform_free(&a->platform);
	correlate_free(a->invocations.correlate);
	lambda_api_free(a->api);
	exporter_free(&a->exporter);
	spool_free(a->spool);
	store_free(&a->store);
	for (unsigned i = 0; i < a->config->destination_count; i++)
		destination_free(&a->destinations[i]);
	resource_free(&a->resource);
	event_free(a->work);
	event_free(a->due);
	event_free(a->beat);
	event_free(a->brief);
	event_free(a->bound);
	event_base_free(a->base);
}
