/* SPDX-License-Identifier: Apache-2.0 */
/* Spans that the function sends. */
#ifndef TESTS_UNIT_SPANS_MAKE_H
#define TESTS_UNIT_SPANS_MAKE_H

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "join_make.h"
#include "wire/otlp_fields.h"

struct sent {
	uint8_t trace, id, parent; /* first bytes of the ids; 0: none */
	enum otlp_span_kind kind;
	uint32_t flags;
	uint64_t start, end; /* ms */
	const char *key, *request;
};

static inline void put_span(struct bytes *out, const struct sent *s)
{
	size_t span = pb_begin(out, 2);

	put_id(out, 1, s->trace, TRACE_ID_SIZE);
	put_id(out, 2, s->id, SPAN_ID_SIZE);
	put_id(out, 4, s->parent, SPAN_ID_SIZE);
	pb_put_len(out, 5,
		   slice_str("a name of more than one hundred and twenty-eight bytes, so that "
			     "its length takes two bytes, as those of spans and of long "
			     "attributes mostly do"));
	pb_put_tag(out, 6, PB_VARINT);
	pb_put_varint(out, s->kind);
	put_time(out, 7, s->start);
	put_time(out, 8, s->end);
	put_attribute(out, 9, "faas.invocation_ID", "no request");
	put_attribute(out, 9, "http.route", "/");
	if (s->key)
		put_attribute(out, 9, s->key, s->request);
	/* Its link is never what it is of. */
	pb_put_len(out, 13,
		   slice_str("\x0a\x10"
			     "0123456789abcdef"));
	if (s->flags) {
		pb_put_tag(out, 16, PB_FIXED32);
		bytes_append(out, &s->flags, sizeof s->flags);
	}
	pb_end(out, span);
}

static inline void see(struct invocations *table, const struct sent *spans, size_t count)
{
	struct bytes items = {0}, request;

	for (size_t i = 0; i < count; i++)
		put_span(&items, &spans[i]);
	request = make_request(bytes_slice(&items));
	assert_true(otlp_check(OTLP_TRACES, bytes_slice(&request)).valid);
	table->sdk = true;
	join_see_spans(table, bytes_slice(&request));
	bytes_free(&request);
	bytes_free(&items);
}

#endif
