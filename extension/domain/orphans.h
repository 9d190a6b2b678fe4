/* SPDX-License-Identifier: Apache-2.0 */
/* Parents that have not come, of spans that have: where a request ends before its own span does,
 * these are all that tells its trace. */
#ifndef DOMAIN_ORPHANS_H
#define DOMAIN_ORPHANS_H

#include "domain/trace_context.h"

struct orphans_parent {
	struct trace_context context; /* its own */
	bool local;                   /* a child says that it is of the same process */
	/* When the first and the last of its children began: nanoseconds since 1970. */
	uint64_t first, last;
};

/* As many as are open at once in one request, and some that nobody ever sends. */
#define ORPHANS 16

/* {0} is empty. */
struct orphans {
	struct orphans_parent parents[ORPHANS];
	unsigned count;
	uint64_t lost; /* the latest `last` among those that had to give way */
};

/* A span came that has that parent and began at `start` (the same): the parent is kept, if it is
 * not yet; the one whose children are the oldest gives way. `local`: the span says where the parent
 * is. */
void orphans_add(struct orphans *orphans, const struct trace_context *parent, bool local,
		 uint64_t start);

/* Can they tell anything of what began at that time? Not where more was open then than is kept. */
static inline bool orphans_tell(const struct orphans *orphans, uint64_t time)
{
	return time > orphans->lost;
}

/* That span came itself. */
void orphans_came(struct orphans *orphans, const struct trace_context *span);

#endif
