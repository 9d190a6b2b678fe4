/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "figures.h"
#include "scenarios.h"

#define JOIN "build/bench/join"

void scenario_join(unsigned runs)
{
	double join, keys, found;
	char command[64];
	FILE *ratios;

	snprintf(command, sizeof command, JOIN " %u", runs);
	ratios = popen(command, "re");
	if (!ratios)
		die("%s cannot be run", JOIN);
	while (fscanf(ratios, "%lf %lf %lf", &join, &keys, &found) == 3) {
		figures_add("join.ratio", "lull", join);
		figures_add("join_keys.ratio", "lull", keys);
		figures_add("join_keys_found.ratio", "lull", found);
	}
	if (pclose(ratios) != 0)
		die("%s failed", JOIN);
}
