/* SPDX-License-Identifier: Apache-2.0 */
/* The connections that are open in the environment, by /proc/net/tcp and tcp6 (proc(5)). */
#ifndef EDGES_PROC_NET_H
#define EDGES_PROC_NET_H

#include "base/bytes.h"

/* So many are named; of the others there is the number. */
#define PROC_NET_MOST 32

struct proc_net {
	const uint64_t *own; /* inodes of lull's own sockets: left out */
	size_t own_count;
	const char *except; /* the remote end "HOST:PORT" of what is left out, too: Lambda's own */
	/* One a line, each with its end: "10.0.3.7:5432 ESTABLISHED", "[fd00::1]:443 SYN_SENT". */
	struct bytes text;
	unsigned count; /* also of those beyond PROC_NET_MOST */
};

/* Appends the connections that such a table shows: those that are open or on their way to or from
 * it, to another machine. A line that is none is passed over. Pure: `table` is any bytes. */
void proc_net_add(struct proc_net *net, struct slice table);

#endif
