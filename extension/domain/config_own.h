/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_CONFIG_OWN_H
#define DOMAIN_CONFIG_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Behind the "http://" of a URL; its beginning where it has no scheme. */
const char *config_authority(const char *url);

/* Where the host of a URL starts: behind the scheme where there is one, and behind the user's name
 * and password. */
const char *config_host(const char *url);

/* And how long it is there, without a port: the colons of an IPv6 address are in brackets. */
size_t config_host_length(const char *host);

/* The port of a URL, that of its scheme where it names none; https where it has no scheme. */
unsigned config_port(const char *url);

/* Is it on this host, by one of the names that localhost has? */
bool config_is_local(const char *url);

/* The same, at that port. */
bool config_is_own(const char *url, uint16_t port);

#endif
