/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP export requests as bytes: what is valid, which items are in them, and new requests made of
 * those items. An Export*ServiceRequest is `repeated Resource* = 1`, so that two requests one
 * behind the other are one request (OTLP 1.x, opentelemetry/proto/collector). */
#ifndef WIRE_OTLP_H
#define WIRE_OTLP_H

#include "wire/pb.h"

enum otlp_signal { OTLP_TRACES, OTLP_LOGS, OTLP_METRICS };
#define OTLP_SIGNALS 3

/* "traces", "logs", "metrics". */
const char *otlp_signal_name(enum otlp_signal signal);

/* The path of its gRPC method: "/opentelemetry.proto.collector.trace.v1.TraceService/Export". */
const char *otlp_method_path(enum otlp_signal signal);

/* ---- Is it a message of that type? ---- */

#define OTLP_MAX_DEPTH 100

struct otlp_verdict {
	bool valid;
	/* Valid as protobuf, but a backend is likely to refuse the request that holds it (invalid
	 * UTF-8 in a string, ids of a wrong length): never to be joined with others. */
	bool alone;
	size_t items;    /* spans, log records, data points */
	const char *why; /* not valid: what is wrong, a constant for people; else NULL */
};

/* Walks the whole request by the schema, at most OTLP_MAX_DEPTH messages deep, building nothing.
 * Unknown fields are fine; a known field of another wire type is not. */
struct otlp_verdict otlp_check(enum otlp_signal signal, struct slice request);

/* ---- Items ---- */

/* One span, log record or data point with the messages around it, outermost first. All slices
 * are message contents within the request that is walked. */
struct otlp_item {
	struct slice resource; /* ResourceSpans, ResourceLogs, ResourceMetrics */
	struct slice scope;    /* ScopeSpans, ScopeLogs, ScopeMetrics */
	struct slice metric;   /* Metric, or empty */
	struct slice data;     /* Gauge, Sum, Histogram ..., or empty */
	uint32_t data_number;  /* which of them: the field's number in Metric */
	struct slice item;     /* Span, LogRecord, *DataPoint */
};

/* The messages around an item: ResourceMetrics, ScopeMetrics, Metric, Gauge (or another). */
#define OTLP_MAX_ANCESTORS 4

/* Where a walk stands: private. One reader a level: the request, then the ancestors. */
struct otlp_iter {
	enum otlp_signal signal;
	unsigned level;
	struct otlp_item at;
	struct pb_reader readers[OTLP_MAX_ANCESTORS + 1];
};

/* `request` must be valid (of one that is not, what can be read is walked); its bytes must outlive
 * the walk. A walk visits every item there is, also those of a Metric that has several kinds of
 * data, although it should have one. */
struct otlp_iter otlp_items(enum otlp_signal signal, struct slice request);
bool otlp_next(struct otlp_iter *iter, struct otlp_item *item);

/* What stands around the items of one request, read once for all that is written from it: to find
 * it the whole of each ancestor has to be walked. {0} at first; the request must stay where it
 * is. */
struct otlp_around {
	struct otlp_known {
		const uint8_t *of; /* the ancestor; NULL: none yet */
		struct bytes fields;
	} level[OTLP_MAX_ANCESTORS];
};
void otlp_around_free(struct otlp_around *around);

/* Writes a request out of items, with the fields that stand around them (resource, scope, schema
 * URLs, metric name, unknown fields): items in the order of a walk share what they shared. Splits,
 * samples and rewrites are all: walk, choose or change, write. What stands around no item that is
 * written is not written. */
struct otlp_writer {
	enum otlp_signal signal;
	struct bytes *out;
	struct otlp_around *around; /* for who writes many requests from one; or NULL */
	struct otlp_item open;      /* the last item written: its ancestors are open */
	size_t marks[OTLP_MAX_ANCESTORS];
	unsigned depth; /* how many of them are open */
};

/* Appends to `out`. */
struct otlp_writer otlp_write(enum otlp_signal signal, struct bytes *out);
/* `item->item` may be other bytes than those walked; the rest must be as the iterator gave it.
 * What is open is known by its address: of several requests that are written from, each must stay
 * where it is until otlp_write_end. */
void otlp_write_item(struct otlp_writer *w, const struct otlp_item *item);
/* Must be called once at the end; out->failed says whether memory sufficed. What is written after
 * it is another request. */
void otlp_write_end(struct otlp_writer *w);

/* Appends the first `count` items of the request to `head`, the others to `tail`. */
void otlp_split(enum otlp_signal signal, struct slice request, size_t count, struct bytes *head,
		struct bytes *tail);

/* ---- Resource ---- */

/* An attribute in its encoded form: `key_value` is the contents of a KeyValue message. */
struct otlp_attribute {
	struct slice key;
	struct slice key_value;
};

/* So many attributes at most are added to a request's resources, and so many bytes (a request of
 * nothing but tiny resources must not grow without bound). What is beyond is left out. */
#define OTLP_ENRICH_ATTRIBUTES 256
#define OTLP_ENRICH_BYTES ((size_t)4 << 20)

/* Adds those attributes to every Resource of the request that has none of that key; a missing
 * Resource is made. What the sender set wins, but for a `service.name` that starts with
 * "unknown_service": that is what SDKs put where nobody set one (OpenTelemetry specification,
 * resource semantic conventions), so it gives way if `attributes` has a name. In place: a new place
 * for a large request costs more than to write there. request->failed says whether memory
 * sufficed. */
void otlp_enrich(struct bytes *request, const struct otlp_attribute *attributes, size_t count);

#endif
