/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs that end where memory ends: one byte read too far is a SIGSEGV, whatever read it. */
#ifndef TESTS_UNIT_GUARD_H
#define TESTS_UNIT_GUARD_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"

#define GUARD_ROOM ((size_t)1 << 20)

/* A copy of `s` (at most GUARD_ROOM bytes) that ends at a page which must not be touched. The next
 * call takes its place. */
static inline struct slice guard_put(struct slice s)
{
	static uint8_t *end;
	uint8_t *copy;

	if (!end) {
		size_t page = (size_t)sysconf(_SC_PAGESIZE);
		uint8_t *map = mmap(NULL, GUARD_ROOM + page, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (map == MAP_FAILED || mprotect(map + GUARD_ROOM, page, PROT_NONE) != 0)
			abort();
		end = map + GUARD_ROOM;
	}
	if (s.len > GUARD_ROOM)
		abort();
	copy = end - s.len;
	if (s.len > 0)
		memcpy(copy, s.data, s.len);
	return (struct slice){copy, s.len};
}

#endif
