/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_LAST_SPAN_H
#define DOMAIN_LAST_SPAN_H

#include "base/bytes.h"

struct last_span {
	struct slice name; /* {NULL, 0}: there is none */
	uint64_t end;      /* nanoseconds since 1970 */
};

/* The span that ended last, by the last one of each scope of an ExportTraceServiceRequest: SDKs send
 * spans as they end. Spans are passed over as a whole, for this is done for every request. */
struct last_span last_span_of(struct slice request);

#endif
