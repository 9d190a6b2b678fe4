/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_CONFIG_OWN_H
#define DOMAIN_CONFIG_OWN_H

#include <stdbool.h>
#include <stdint.h>

/* Where the host of a URL starts: behind "//", and behind the user's name and password. */
const char *config_host(const char *url);

/* Is this URL that port on this host, by one of the names that localhost has? */
bool config_is_own(const char *url, uint16_t port);

#endif
