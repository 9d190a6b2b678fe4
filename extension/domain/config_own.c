/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_own.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *config_authority(const char *url)
{
	size_t scheme = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789+-.");

	return strncmp(url + scheme, "://", 3) == 0 ? url + scheme + 3 : url;
}

const char *config_host(const char *url)
{
	const char *host = config_authority(url);
	const char *at = memrchr(host, '@', strcspn(host, "/?#"));

	return at ? at + 1 : host;
}

size_t config_host_length(const char *host)
{
	const char *end = *host == '[' ? host + strcspn(host, "]/?#") : host;

	return (size_t)(end - host) + strcspn(end, ":/?#");
}

unsigned config_port(const char *url)
{
	const char *end = config_host(url);

	end += config_host_length(end);
	if (*end == ':')
		return (unsigned)strtoul(end + 1, NULL, 10);
	return strncasecmp(url, "http://", 7) == 0 ? 80 : 443;
}

bool config_is_local(const char *url)
{
	static const char *const hosts[] = {"localhost", "localhost.",
					    "127.0.0.1", "[::1]",
					    "0.0.0.0",   "[::]",
					    "sandbox",   "sandbox.localdomain"};
	const char *host = config_host(url);

	for (size_t i = 0; i < COUNT(hosts); i++) {
		size_t len = strlen(hosts[i]);

		if (strncasecmp(host, hosts[i], len) == 0 && strchr(":/?#", host[len]))
			return true;
	}
	return false;
}

bool config_is_own(const char *url, uint16_t port)
{
	return config_is_local(url) && config_port(url) == port;
}
