/* SPDX-License-Identifier: Apache-2.0 */
/* Which signals are not to be exported at all. */
#ifndef DOMAIN_CONFIG_SIGNALS_H
#define DOMAIN_CONFIG_SIGNALS_H

#include "domain/config.h"

/* Once all settings are read: sets config->off by LULL_SIGNALS, and by OTEL_SDK_DISABLED and
 * OTEL_*_EXPORTER=none where nothing of LULL_ says where the signal is to go. Its endpoints go,
 * and where logs are off the function's lines are not asked for. */
void config_signals_apply(struct config *config, const char *const *environment);

#endif
