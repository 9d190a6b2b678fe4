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

void circuit_cut(struct circuit *circuit, struct now now, int64_t pause)
{
	unsigned spared = circuit->spared;

	if (circuit->failures == 0)
		return;
	circuit_failed(circuit, now, pause);
	circuit->spared = spared;
}

void circuit_failed(struct circuit *circuit, struct now now, int64_t pause)
{
	if (circuit->failures < UINT_MAX)
		circuit->failures++;
	if (__builtin_add_overflow(now.mono, pause, &circuit->retry_at))
		circuit->retry_at = INT64_MAX;
	circuit->spared = 0;
}

void circuit_answered(struct circuit *circuit)
{
	*circuit = (struct circuit){.off = circuit->off};
}
