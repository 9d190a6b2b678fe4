/* SPDX-License-Identifier: Apache-2.0 */
/* An extension that exits before SHUTDOWN takes the function's environment with it. When lull can
 * do no more (its own crash, libevent's fatal error) or shall do nothing (LULL_ENABLED=false), this
 * remains: a bare /next loop made of system calls, which a signal handler may run. */
#ifndef EDGES_LAST_RESORT_H
#define EDGES_LAST_RESORT_H

#include <netinet/in.h>
#include <stdbool.h>

/* What the Extensions API connection is waiting for. */
enum last_resort_pending { PENDING_NOTHING, PENDING_REGISTER, PENDING_NEXT };

/* Where the Extensions API is ("host:port", literal or to be looked up now), and as what to
 * register. False where the address cannot be understood. */
bool last_resort_init(const char *runtime_api, const char *name, bool managed_instances);

/* The address that was found. */
const struct sockaddr *last_resort_address(socklen_t *len);

/* Kept up to date by the Extensions API client: the identifier once there is one, and the socket
 * on which an answer is awaited, so that the loop can take over in the middle. */
void last_resort_identifier(const char *identifier);
void last_resort_pending(int fd, enum last_resort_pending pending);

/* Catches SIGSEGV, SIGABRT and their like, on a stack of its own, and ignores what would end the
 * process politely (SIGTERM, SIGINT, SIGHUP, SIGPIPE) or for a file that may not grow (SIGXFSZ). */
void last_resort_catch(void);

/* The loop; ends the process with 0 after SHUTDOWN. */
_Noreturn void last_resort_loop(void);

/* The same after one line of log with `why`: for fatal errors that are no signals. */
_Noreturn void last_resort_enter(const char *why);

#endif
