/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/last_span.h"

#include "wire/pb.h"

/* opentelemetry/proto/trace/v1/trace.proto */
enum { RESOURCE_SPANS = 1, SCOPE_SPANS = 2, SPANS = 2, SPAN_NAME = 5, SPAN_END = 8 };

static void look_at(struct slice span, struct last_span *found)
{
	struct pb_reader r = pb_read(span);
	struct last_span it = {0};
	struct pb_field field;

	while (pb_next(&r, &field)) {
		if (field.number == SPAN_NAME && field.type == PB_LEN)
			it.name = field.value;
		else if (field.number == SPAN_END && field.type == PB_FIXED64)
			it.end = field.scalar;
	}
	if (it.end >= found->end && it.name.len > 0)
		*found = it;
}

static void look_into_scope(struct slice scope, struct last_span *found)
{
	struct pb_reader r = pb_read(scope);
	struct slice last = {0};
	struct pb_field field;

	while (pb_next(&r, &field))
		if (field.number == SPANS && field.type == PB_LEN)
			last = field.value;
	look_at(last, found);
}

static void look_into_resource(struct slice resource, struct last_span *found)
{
	struct pb_reader r = pb_read(resource);
	struct pb_field field;

	while (pb_next(&r, &field))
		if (field.number == SCOPE_SPANS && field.type == PB_LEN)
			look_into_scope(field.value, found);
}

struct last_span last_span_of(struct slice request)
{
	struct pb_reader r = pb_read(request);
	struct last_span found = {0};
	struct pb_field field;

	while (pb_next(&r, &field))
		if (field.number == RESOURCE_SPANS && field.type == PB_LEN)
			look_into_resource(field.value, &found);
	return found;
}
