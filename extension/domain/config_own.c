/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_own.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *config_host(const char *url)
{
	const char *host = strstr(url, "://") + 3;
	const char *at = memchr(host, '@', strcspn(host, "/?#"));

	return at ? at + 1 : host;
}

/* The port that follows the host's name, or that of the scheme. */
static unsigned long port_of(const char *url, const char *behind_host)
{
	if (*behind_host == ':')
		return strtoul(behind_host + 1, NULL, 10);
	return strncasecmp(url, "https", 5) == 0 ? 443 : 80;
}

bool config_is_own(const char *url, uint16_t port)
{
	static const char *const hosts[] = {"localhost", "localhost.",
					    "127.0.0.1", "[::1]",
					    "0.0.0.0",   "[::]",
					    "sandbox",   "sandbox.localdomain"};
	const char *host = config_host(url);

	for (size_t i = 0; i < COUNT(hosts); i++) {
		size_t len = strlen(hosts[i]);

		if (strncasecmp(host, hosts[i], len) == 0 && strchr(":/?#", host[len]))
			return port_of(url, host + len) == port;
	}
	return false;
}
