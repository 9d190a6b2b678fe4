/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/telemetry_http.h"

#include <string.h>

static void on_head(void *ctx, const struct http_head *head, struct http_answer *answer)
{
	(void)ctx;
	if (strcmp(head->method, "POST") != 0)
		*answer = (struct http_answer){.status = 405, .header = "Allow: POST"};
}

static void on_request(void *ctx, const struct http_head *head, struct bytes *body,
		       struct http_answer *answer)
{
	const struct telemetry_sink *sink = ctx;

	(void)head;
	sink->accept(sink->ctx, bytes_slice(body));
	answer->status = 200;
}

static void on_grew(void *ctx)
{
	const struct telemetry_sink *sink = ctx;

	if (sink->grew)
		sink->grew(sink->ctx);
}

struct http_handler telemetry_http_handler(const struct telemetry_sink *sink)
{
	return (struct http_handler){
		.head = on_head,
		.request = on_request,
		.grew = on_grew,
		.ctx = (void *)(uintptr_t)sink,
	};
}
