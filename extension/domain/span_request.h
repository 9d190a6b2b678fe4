/* SPDX-License-Identifier: Apache-2.0 */
/* Spans that lull makes itself, on their way into one ExportTraceServiceRequest. */
#ifndef DOMAIN_SPAN_REQUEST_H
#define DOMAIN_SPAN_REQUEST_H

#include "base/arena.h"
#include "domain/trace_context.h"
#include "domain/value.h"
#include "trace.pb-c.h"

#define SPAN_REQUEST_SPANS 66
#define SPAN_ATTRIBUTES 16

/* {0} is empty. */
struct span_request {
	struct arena arena;
	Otlp__Span *spans[SPAN_REQUEST_SPANS];
	size_t count; /* asked for: where memory is short there are none */
};

struct span_ids {
	struct trace_context own;
	uint8_t parent[SPAN_ID_SIZE]; /* all zero: none */
};

/* A span; times and kind are to be filled in. NULL where memory is short, which
 * span_request_finish() says, or where there are SPAN_REQUEST_SPANS. */
Otlp__Span *span_add(struct span_request *request, const struct span_ids *ids, struct slice name);

/* An attribute, up to SPAN_ATTRIBUTES; a text without characters is left out, one that is not UTF-8
 * is mended. */
void span_set(struct span_request *request, Otlp__Span *span, const char *key,
	      Otlp__AnyValue *value);
void span_set_text(struct span_request *request, Otlp__Span *span, const char *key,
		   struct slice text);
void span_set_true(struct span_request *request, Otlp__Span *span, const char *key);

/* One whose value is that of an AnyValue with these contents, unless the span has that key. */
void span_set_any(struct span_request *request, Otlp__Span *span, struct slice key,
		  struct slice any);

/* It failed: error.type, and the status with a message. */
void span_fail(struct span_request *request, Otlp__Span *span, struct slice type,
	       struct slice message);

/* Appends the request without a resource, frees all of it and leaves {0}. Returns the number of
 * spans; 0, and out->failed, where memory is short. */
size_t span_request_finish(struct span_request *request, struct bytes *out);

#endif
