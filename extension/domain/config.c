/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config.h"

bool config_takes(const struct config *config, enum otlp_signal signal)
{
	for (unsigned i = 0; i < config->destination_count; i++)
		if (config->destinations[i].export[signal].endpoint)
			return true;
	return false;
}

bool config_exports(const struct config *config)
{
	return config_takes(config, OTLP_TRACES) || config_takes(config, OTLP_LOGS) ||
	       config_takes(config, OTLP_METRICS);
}

bool config_is_off(const struct config *config)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		if (!config->off[s])
			return false;
	return true;
}
