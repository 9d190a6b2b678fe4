/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/invocations.h"

#include <string.h>

static struct slice cut(struct slice id)
{
	return slice_of(id.data, id.len < REQUEST_ID_SIZE ? id.len : REQUEST_ID_SIZE - 1);
}

static unsigned oldest(const struct invocations *table)
{
	return table->count > INVOCATIONS ? table->count - INVOCATIONS : 0;
}

/* Its number from 1, or 0. */
static unsigned number_of(const struct invocations *table, struct slice request_id)
{
	struct slice id = cut(request_id);

	for (unsigned i = table->count; i > oldest(table); i--)
		if (slice_is(id, table->ring[(i - 1) % INVOCATIONS].request_id))
			return i;
	return 0;
}

struct invocation *invocations_find(struct invocations *table, struct slice request_id)
{
	unsigned number = number_of(table, request_id);

	return number ? &table->ring[(number - 1) % INVOCATIONS] : NULL;
}

struct invocation *invocations_get(struct invocations *table, struct slice request_id)
{
	unsigned number = number_of(table, request_id);
	struct slice id = cut(request_id);
	struct invocation *entry;

	if (number > 0)
		return &table->ring[(number - 1) % INVOCATIONS];
	entry = &table->ring[table->count++ % INVOCATIONS];
	*entry = (struct invocation){0};
	if (id.len > 0)
		memcpy(entry->request_id, id.data, id.len);
	return entry;
}

/* The same request, but none of what was seen. */
static void run_again(struct invocation *entry)
{
	entry->invoked = entry->started = entry->done = entry->reported = false;
}

struct invocation *invocations_invoke(struct invocations *table, struct slice request_id)
{
	struct invocation *entry = invocations_get(table, request_id);

	if (entry->invoked)
		run_again(entry);
	entry->invoked = true;
	return entry;
}

struct invocation *invocations_event(struct invocations *table, const struct telemetry_event *event)
{
	struct slice id = telemetry_string(event, "requestId");
	struct invocation *entry;

	if (id.len == 0)
		return NULL;
	switch (event->type) {
	case EVENT_START:
		entry = invocations_get(table, id);
		if (entry->started)
			run_again(entry);
		entry->started = true;
		table->current = number_of(table, id);
		return entry;
	case EVENT_RUNTIME_DONE:
		entry = invocations_get(table, id);
		entry->done = true;
		return entry;
	case EVENT_REPORT:
		entry = invocations_find(table, id);
		if (entry)
			entry->reported = true;
		return entry;
	default:
		return NULL;
	}
}

const struct invocation *invocations_current(const struct invocations *table)
{
	if (table->concurrent || table->current <= oldest(table))
		return NULL;
	return &table->ring[(table->current - 1) % INVOCATIONS];
}
