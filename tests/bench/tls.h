/* SPDX-License-Identifier: Apache-2.0 */
/* A backend with TLS, in processes of its own: answers every request with 200. */
#ifndef BENCH_TLS_H
#define BENCH_TLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct tls {
	pid_t pid;
	uint16_t port;
	uint32_t *posts; /* that were taken; shared with the processes */
};

/* `authorities`: the file in which its certificate is written, behind so many others as a system
 * trusts. It is removed when it stops. `keeps`: connections stay for the next request; else each
 * ends with its first answer, so that each export takes a handshake. */
void tls_start(struct tls *tls, const char *authorities, bool keeps);
void tls_stop(struct tls *tls, const char *authorities);

#endif
