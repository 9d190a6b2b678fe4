/* SPDX-License-Identifier: Apache-2.0 */
/* A backend with TLS, in processes of its own: answers every POST with 200 and ends the connection,
 * so that each export takes a handshake. */
#ifndef BENCH_TLS_H
#define BENCH_TLS_H

#include <stdint.h>
#include <sys/types.h>

struct tls {
	pid_t pid;
	uint16_t port;
	uint32_t *posts; /* that were taken; shared with the processes */
};

/* `authorities`: the file in which its certificate is written, behind so many others as a system
 * trusts. It is removed when it stops. */
void tls_start(struct tls *tls, const char *authorities);
void tls_stop(struct tls *tls, const char *authorities);

#endif
