/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_signals.h"

#include <string.h>

#include "domain/config_destination.h"
#include "domain/config_env.h"
#include "domain/config_table.h"

/* Has somebody asked lull itself for this signal? */
static bool is_asked_for(const struct config *config, enum otlp_signal signal,
			 const char *const *environment)
{
	static const struct setting endpoint = {.name = "ENDPOINT", .exported = true};
	char name[SETTING_NAME];
	bool whole;

	if (config->destinations[0].name || config_env(environment, "LULL_SIGNALS"))
		return true;
	return setting_find_exported(&endpoint, signal, environment, name, &whole) &&
	       strncmp(name, "LULL_", 5) == 0;
}

void config_signals_apply(struct config *config, const char *const *environment)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		bool none = config->sdk_disabled || config->no_exporter[s];

		config->off[s] = !config->signals[s] ||
				 (none && !is_asked_for(config, (enum otlp_signal)s, environment));
		for (unsigned i = 0; config->off[s] && i < config->destination_count; i++)
			config_destination_leave_out(&config->destinations[i], (enum otlp_signal)s);
	}
	config->function_logs &= !config->off[OTLP_LOGS];
}
