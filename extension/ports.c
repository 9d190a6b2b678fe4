/* SPDX-License-Identifier: Apache-2.0 */
#include "ports.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* Another extension that may be the one who has the port: the likely ones lie beside us. */
static void other_extension(const char *path, const char *own, char *name, size_t size)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	name[0] = 0;
	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, own) != 0)
			snprintf(name, size, "%s", entry->d_name);
	if (folder)
		closedir(folder);
}

static void say_taken(const struct ports_receiver *receiver, const char *address, int error,
		      const char *other)
{
	log_error(
		"cannot listen on %s:%u: %s%s%s; what the function sends there does not reach lull. "
		"Remove the other receiver, or set %s and "
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:PORT",
		address, receiver->port, strerror(error),
		other[0] ? ", likely taken by the extension " : "", other, receiver->setting);
}

void ports_listen_otlp(const struct ports_receiver *receiver, const char *folder, const char *name)
{
	static const char *const addresses[] = {"127.0.0.1", "::1"};
	char other[256];

	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
		int got = receiver->listen(receiver->server, addresses[i], receiver->port);

		/* A sandbox without IPv6 is fine. */
		if (got >= 0 || (i > 0 && got != -EADDRINUSE))
			continue;
		other_extension(folder, name, other, sizeof other);
		say_taken(receiver, addresses[i], -got, other);
	}
}

uint16_t ports_listen_telemetry(struct http_server *server)
{
	int port = http_server_listen(server, "0.0.0.0", 0);

	if (port > 0)
		return (uint16_t)port;
	log_error("cannot listen for the Telemetry API: %s; going on without it", strerror(-port));
	return 0;
}
