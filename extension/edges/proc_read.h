/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc says of the environment. It never blocks, and is bounded. */
#ifndef EDGES_PROC_READ_H
#define EDGES_PROC_READ_H

#include "base/bytes.h"

/* Appends the connections that are open to other machines, but for lull's own and those to `except`
 * (HOST:PORT; may be NULL), one a line, and a last line "and N more" where there are many. */
void proc_connections(const char *except, struct bytes *out);

/* Bytes of memory in use in the whole environment; 0: not known. */
uint64_t proc_memory_used(void);

#endif
