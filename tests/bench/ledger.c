/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include <jansson.h>
#include <string.h>

#include "loop.h"

#define MARK "{\"lull_ledger\""

static json_int_t number(const json_t *signal, const char *key)
{
	return json_integer_value(json_object_get(signal, key));
}

static json_int_t dropped(const json_t *signal)
{
	json_int_t sum = 0;
	const char *reason;
	json_t *count;

	json_object_foreach(json_object_get(signal, "dropped"), reason, count)
		sum += json_integer_value(count);
	return sum;
}

static uint64_t distance(json_int_t a, json_int_t b)
{
	return (uint64_t)(a > b ? a - b : b - a);
}

uint64_t ledger_uncounted(const char *output, uint64_t spans_posted)
{
	const char *line = strstr(output, MARK), *name;
	json_t *root = line ? json_loads(line, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
	json_t *signals = json_object_get(root, "lull_ledger"), *signal;
	uint64_t uncounted;

	if (!json_is_integer(json_object_get(json_object_get(signals, "traces"), "received")))
		die("lull printed no ledger");
	uncounted = distance(number(json_object_get(signals, "traces"), "received"),
			     (json_int_t)spans_posted);
	json_object_foreach(signals, name, signal)
		/* Sums of all signals stand beside them. */
		if (json_is_object(signal))
			uncounted += distance(number(signal, "received") +
						      number(signal, "inherited"),
					      number(signal, "exported") + dropped(signal) +
						      number(signal, "held") +
						      number(signal, "spooled"));
	json_decref(root);
	return uncounted;
}
