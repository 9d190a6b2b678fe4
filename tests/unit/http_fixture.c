/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const struct http_limits http_fixture_limits = {.body = 4 * MB, .bodies = 6 * MB, .connections = 6};

static void on_head(void *ctx, const struct http_head *head, struct http_answer *answer)
{
	struct fixture *f = ctx;

	f->heads++;
	if (slice_is(head->path, "/refused")) {
		answer->status = 405;
		answer->header = "Allow: POST";
		answer->content_type = "text/plain";
		bytes_addf(&answer->body, "refused");
	}
}

static void on_request(void *ctx, const struct http_head *head, struct bytes *body,
		       struct http_answer *answer)
{
	struct fixture *f = ctx;

	f->requests++;
	f->last = *head;
	assert_true(head->path.len < sizeof(f->path));
	memcpy(f->path, head->path.data, head->path.len);
	f->path[head->path.len] = 0;
	answer->status = 200;
	answer->content_type = "text/plain";
	if (slice_is(head->path, "/large")) {
		bytes_reserve(&answer->body, 8 * MB);
		memset(answer->body.data, 'x', 8 * MB);
		answer->body.len = 8 * MB;
	} else if (slice_is(head->path, "/nothing")) {
		answer->status = 204;
		answer->content_type = NULL;
	} else {
		answer->body = bytes_move(body);
	}
}

static void on_refused(void *ctx, const struct http_head *head, const char *message,
		       struct http_answer *answer)
{
	(void)ctx;
	(void)head;
	answer->content_type = "text/plain";
	bytes_addf(&answer->body, "%s", message);
}

static void on_grew(void *ctx)
{
	struct fixture *f = ctx;

	f->grew++;
	if (http_server_held(f->server) > f->most)
		f->most = http_server_held(f->server);
}

int http_fixture_new(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct http_handler handler = {on_head, on_request, on_refused, on_grew, f};

	assert_non_null(f);
	f->base = event_base_new();
	f->server = http_server_new(f->base, &http_fixture_limits, &handler);
	assert_non_null(f->server);
	f->port = http_server_listen(f->server, "127.0.0.1", 0);
	assert_true(f->port > 0);
	*state = f;
	return 0;
}

bool none_pending(struct fixture *f)
{
	return http_server_pending(f->server) == 0 && http_server_held(f->server) == 0;
}

int http_fixture_free(void **state)
{
	struct fixture *f = *state;

	/* Whatever a test did, nothing may be held for those who are gone. */
	wait_until(f->base, none_pending(f));
	http_server_free(f->server);
	event_base_free(f->base);
	free(f);
	return 0;
}

struct client connected(struct fixture *f)
{
	return client_connect(f->base, f->port);
}

bool holds(struct fixture *f, size_t bytes)
{
	return http_server_held(f->server) >= bytes;
}
