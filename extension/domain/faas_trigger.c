/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/faas_trigger.h"

static const char *const names[FAAS_TRIGGERS] = {
	[TRIGGER_DATASOURCE] = "datasource", [TRIGGER_HTTP] = "http",   [TRIGGER_PUBSUB] = "pubsub",
	[TRIGGER_TIMER] = "timer",           [TRIGGER_OTHER] = "other",
};

enum faas_trigger faas_trigger_of(struct slice word)
{
	/* Nearly every span has none. */
	for (unsigned i = TRIGGER_UNKNOWN + 1; word.len > 0 && i < FAAS_TRIGGERS; i++)
		if (slice_is(word, names[i]))
			return (enum faas_trigger)i;
	return TRIGGER_UNKNOWN;
}

const char *faas_trigger_name(enum faas_trigger trigger)
{
	return names[trigger];
}
