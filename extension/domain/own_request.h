/* SPDX-License-Identifier: Apache-2.0 */
/* An Export*ServiceRequest of what lull makes itself: one resource, which has its attributes later
 * (otlp_enrich), one scope, `lull`, and its items. Of all signals these have the same fields. */
#ifndef DOMAIN_OWN_REQUEST_H
#define DOMAIN_OWN_REQUEST_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"

/* The field of an item in ScopeSpans, ScopeLogs and ScopeMetrics. */
#define OWN_REQUEST_ITEM 2

/* Where the messages around the items began in `out`. */
struct own_request {
	size_t resource;
	size_t scope;
};

/* Appends to `out` what stands before the items; after them comes own_request_end(). As with all
 * that is appended, out->failed where memory is short. */
struct own_request own_request_begin(struct bytes *out);
void own_request_end(const struct own_request *request, struct bytes *out);

/* Appends a Span, LogRecord or Metric; nothing where out->failed is set, and with it the item may
 * be unfinished. */
void own_request_add(const ProtobufCMessage *item, struct bytes *out);

#endif
