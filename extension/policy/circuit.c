/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/circuit.h"

#include <limits.h>

/* Invocations that are not held between two that are: most of them, so that the median is none of
 * those that are. */
#define SPARED_FIRST 4
#define SPARED_LATER 8

bool circuit_admits(const struct circuit *circuit, struct now now)
{
	return !circuit->off && (circuit->failures == 0 || now.mono >= circuit->retry_at);
}

bool circuit_holds(const struct circuit *circuit)
{
	if (circuit->off)
		return false;
	if (circuit->failures == 0)
		return true;
	return circuit->spared >= (circuit->failures == 1 ? SPARED_FIRST : SPARED_LATER);
}

void circuit_spared(struct circuit *circuit)
{
	if (circuit->failures > 0 && circuit->spared < UINT_MAX)
		circuit->spared++;
}

/* No more than there are. */
static unsigned more(unsigned n, unsigned by)
{
	return n < UINT_MAX - by ? n + by : UINT_MAX;
}

unsigned circuit_attempts(const struct circuit *circuit)
{
	return more(more(circuit->failures, circuit->cuts), 1);
}

static void rest(struct circuit *circuit, struct now now, int64_t pause)
{
	if (__builtin_add_overflow(now.mono, pause, &circuit->retry_at))
		circuit->retry_at = INT64_MAX;
}

void circuit_cut(struct circuit *circuit, struct now now, int64_t pause)
{
	if (circuit->failures == 0)
		return;
	circuit->cuts = more(circuit->cuts, 1);
	rest(circuit, now, pause);
}

void circuit_failed(struct circuit *circuit, struct now now, int64_t pause)
{
	circuit->failures = more(circuit->failures, 1);
	circuit->spared = 0;
	rest(circuit, now, pause);
}

void circuit_answered(struct circuit *circuit)
{
	*circuit = (struct circuit){.off = circuit->off};
}
