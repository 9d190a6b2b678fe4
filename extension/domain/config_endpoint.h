/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_CONFIG_ENDPOINT_H
#define DOMAIN_CONFIG_ENDPOINT_H

#include "domain/config.h"

/* Takes what was written for one signal (`whole`) or for all as the endpoint. False, and the
 * settings left alone, where it is neither a URL nor HOST:PORT. */
bool config_parse_endpoint(const char *text, bool whole, struct export_settings *settings);

/* May a proxy be written so: URL or HOST:PORT, with a user or without, and no @ behind that? */
bool config_is_proxy(const char *text);

/* When all settings are read: makes of each endpoint the URL that requests of its signal go to, by
 * its protocol, which is settled where nobody said it. What is none by that is a problem. */
void config_endpoints_settle(struct config *config);

#endif
