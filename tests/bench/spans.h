/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP requests as an SDK sends them. */
#ifndef BENCH_SPANS_H
#define BENCH_SPANS_H

#include <stddef.h>
#include <stdint.h>

struct spans {
	uint8_t *data; /* an ExportTraceServiceRequest */
	size_t len;
	unsigned count;
};

/* A request with `count` spans of one trace, of some 235 bytes each, ids at random. The caller
 * frees `data`. */
struct spans spans_make(unsigned count);

#endif
