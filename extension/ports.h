/* SPDX-License-Identifier: Apache-2.0 */
/* Where lull listens, and who is in the way. */
#ifndef PORTS_H
#define PORTS_H

#include "edges/http_server.h"

/* A receiver for the function's OTLP. */
struct ports_receiver {
	const char *setting; /* the variable that names its port */
	uint16_t port;
	int (*listen)(void *server, const char *address, uint16_t port); /* the port, or -errno */
	void *server;
};

/* On 127.0.0.1, and on ::1 where there is one. A port that is taken is said, with who likely has
 * it: `folder` is that of the extensions, `name` our own file's there. */
void ports_listen_otlp(const struct ports_receiver *receiver, const char *folder, const char *name);

/* On all addresses, since Lambda comes by the name sandbox.localdomain. The port; 0, which has been
 * said, where there is none. */
uint16_t ports_listen_telemetry(struct http_server *server);

#endif
