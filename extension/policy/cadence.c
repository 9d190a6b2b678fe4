/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cadence.h"

void cadence_invoke(struct cadence *cadence, int64_t gap)
{
	if (cadence->begun)
		cadence->gaps[cadence->count++ % CADENCE_GAPS] = gap;
	cadence->begun = true;
}

bool cadence_near(const struct cadence *cadence)
{
	if (cadence->count < CADENCE_GAPS)
		return false;
	for (unsigned i = 0; i < CADENCE_GAPS; i++)
		if (cadence->gaps[i] > CADENCE_NEAR)
			return false;
	return true;
}
