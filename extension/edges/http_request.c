/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/http_request.h"

#include <string.h>

/* A length up to this is believed: that much is reserved at once. */
#define BELIEVED ((size_t)1 << 20)

/* A place for less than this, with more to come, would not be worth a reading. */
#define PLACE ((size_t)64 << 10)

/* The header fields that matter here. Lists that come in several lines are joined by commas (RFC
 * 9110, section 5.3). */
struct http_field {
	const char *name;
	size_t offset, size;
	bool parameters; /* cut off what follows a semicolon */
};

#define FIELD(member)                                                                              \
	offsetof(struct http_request, member), sizeof(((struct http_request *)0)->member)

static const struct http_field fields[] = {
	{"content-type", FIELD(head.content_type), true},
	{"content-encoding", FIELD(head.content_encoding), false},
	{"expect", FIELD(expect), false},
	{"transfer-encoding", FIELD(transfer_encoding), false},
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static const char other_version[] = "only HTTP/1.1 and HTTP/1.0 are spoken here";

/* Ends the parse: an error for llhttp, with our own reason beside it. */
static int fail(struct http_request *r, unsigned status, const char *message)
{
	r->status = status;
	r->message = message;
	return -1;
}

static int on_message_begin(llhttp_t *parser)
{
	struct http_request *r = parser->data;

	r->head = (struct http_head){0};
	r->begun = true;
	r->body_follows = r->expects_continue = r->keep_alive = false;
	r->extra_bytes = 0;
	r->target_len = 0;
	r->field = NULL;
	r->name_len = 0;
	r->expect[0] = r->transfer_encoding[0] = 0;
	return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
	struct http_request *r = parser->data;
	bool query = memchr(r->target, '?', r->target_len) != NULL;
	const char *end = memchr(at, '?', len);

	/* The query is of no interest; one byte of it marks that it has begun. */
	if (query)
		return 0;
	if (end)
		len = (size_t)(end - at) + 1;
	if (len > sizeof(r->target) - r->target_len)
		return fail(r, 414, "the request's path is too long");
	memcpy(r->target + r->target_len, at, len);
	r->target_len += len;
	return 0;
}

/* Chunk extensions and trailers say nothing to us, but they must end. */
static int count_extra(llhttp_t *parser, const char *at, size_t len)
{
	struct http_request *r = parser->data;

	(void)at;
	r->extra_bytes += len;
	if (r->extra_bytes > HTTP_HEAD_LIMIT)
		return fail(r, 431, "chunk extensions and trailers are too large");
	return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t len)
{
	struct http_request *r = parser->data;

	if (r->past_head)
		return count_extra(parser, at, len);
	for (size_t i = 0; i < len; i++) {
		if (r->name_len < sizeof(r->name))
			r->name[r->name_len++] = lower(at[i]);
	}
	return 0;
}

static int on_header_field_complete(llhttp_t *parser)
{
	struct http_request *r = parser->data;
	struct slice name = slice_of(r->name, r->name_len);

	r->field = NULL;
	r->field_over = false;
	r->name_len = 0;
	if (r->past_head)
		return 0;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (slice_is(name, fields[i].name))
			r->field = &fields[i];
	}
	if (r->field) {
		char *value = (char *)r + r->field->offset;
		size_t len = strlen(value);

		if (len > 0 && len + 1 < r->field->size)
			memcpy(value + len, ",", 2);
	}
	return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t len)
{
	struct http_request *r = parser->data;
	char *value;
	size_t end;

	if (r->past_head)
		return count_extra(parser, at, len);
	if (!r->field)
		return 0;
	value = (char *)r + r->field->offset;
	end = strlen(value);
	for (size_t i = 0; i < len && !r->field_over; i++) {
		if (r->field->parameters && at[i] == ';') {
			r->field_over = true;
		} else if (end + 1 == r->field->size) {
			/* Cut short it must not look like a value that is known. */
			value[end - 1] = '?';
			r->field_over = true;
		} else {
			value[end++] = lower(at[i]);
		}
	}
	value[end] = 0;
	return 0;
}

static int on_header_value_complete(llhttp_t *parser)
{
	struct http_request *r = parser->data;
	char *value;
	size_t len;

	if (r->past_head || !r->field)
		return 0;
	value = (char *)r + r->field->offset;
	len = strlen(value);
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		value[--len] = 0;
	return 0;
}

/* The path within "/path?query" or "http://host/path?query" (RFC 9112, section 3.2). */
static struct slice path_of(struct slice target)
{
	static const char scheme[] = "http://";
	const uint8_t *end = memchr(target.data, '?', target.len);

	if (end)
		target.len = (size_t)(end - target.data);
	if (slice_starts(target, scheme)) {
		const uint8_t *host = target.data + strlen(scheme);
		const uint8_t *slash = memchr(host, '/', target.len - strlen(scheme));

		if (!slash)
			return slice_str("/");
		target.len -= (size_t)(slash - target.data);
		target.data = slash;
	}
	return target;
}

static int on_headers_complete(llhttp_t *parser)
{
	struct http_request *r = parser->data;
	bool chunked = parser->flags & F_CHUNKED;
	bool http_1_1 = parser->http_major == 1 && parser->http_minor == 1;
	const char *method = llhttp_method_name((llhttp_method_t)parser->method);

	memcpy(r->head.method, method, strnlen(method, sizeof(r->head.method) - 1));
	r->head.path = path_of(slice_of(r->target, r->target_len));
	r->head.has_length = parser->flags & F_CONTENT_LENGTH;
	r->head.length = r->head.has_length ? parser->content_length : 0;
	r->body_follows = chunked || r->head.length > 0;
	/* Longer ones are refused before there is a body. */
	r->body_left = r->head.length <= r->bodies->limit ? (size_t)r->head.length : 0;
	r->past_head = true;
	/* An offer of another protocol may be ignored (RFC 9110, section 7.8), and Java's client
	 * makes one; after CONNECT there is no more HTTP to come. */
	parser->upgrade = parser->method == HTTP_CONNECT;
	r->keep_alive = llhttp_should_keep_alive(parser) && !parser->upgrade &&
			(http_1_1 || !chunked);

	if (!http_1_1 && !(parser->http_major == 1 && parser->http_minor == 0))
		return fail(r, 505, other_version);
	if (r->transfer_encoding[0] && strcmp(r->transfer_encoding, "chunked") != 0)
		return fail(r, 501, "the only transfer coding known here is chunked");
	if (http_1_1 && r->expect[0]) {
		if (strcmp(r->expect, "100-continue") != 0)
			return fail(r, 417, "the only expectation known here is 100-continue");
		r->expects_continue = r->body_follows;
	}
	r->reached = HTTP_STEP_HEAD;
	return HPE_PAUSED;
}

/* Makes room for what comes next, of which `len` bytes are to be written now. As much as is known
 * to come is reserved at once if it is not too much to be believed; then capacity doubles. */
static bool body_reserve(struct http_request *r, size_t len)
{
	size_t need = r->body.len + len, known = r->body.len + r->body_left;
	size_t cap = need * 2 > BELIEVED ? need * 2 : BELIEVED;

	if (need <= r->body.cap)
		return true;
	if (cap > known)
		cap = known;
	/* One of many chunks. */
	if (!r->head.has_length && cap < r->body.cap * 2)
		cap = r->body.cap * 2 < r->bodies->limit ? r->body.cap * 2 : r->bodies->limit;
	/* Not bytes_reserve(): its doubling knows no upper end. */
	return bytes_set_capacity(&r->body, cap);
}

static int on_chunk_header(llhttp_t *parser)
{
	struct http_request *r = parser->data;

	if (parser->content_length > r->bodies->limit - r->body.len)
		return fail(r, 413, "the request's body is too large");
	r->body_left = (size_t)parser->content_length;
	return 0;
}

/* `at` may be where http_request_place() said. */
static int on_body(llhttp_t *parser, const char *at, size_t len)
{
	struct http_request *r = parser->data;
	struct http_bodies *bodies = r->bodies;
	bool whole = r->head.has_length && len == r->head.length;

	if (!body_reserve(r, len))
		return fail(r, 503, "memory is short");
	if (!whole && bodies->held + len > bodies->total_limit && !bodies->make_room(bodies, len))
		return fail(r, 503, "too many requests are being received at once");
	if ((const uint8_t *)at != r->body.data + r->body.len)
		memcpy(r->body.data + r->body.len, at, len);
	r->body.len += len;
	r->body_left -= len;
	bodies->held += len;
	if (!whole)
		bodies->grew(bodies);
	return 0;
}

static int on_message_complete(llhttp_t *parser)
{
	struct http_request *r = parser->data;

	r->reached = HTTP_STEP_DONE;
	r->past_head = false;
	r->head_bytes = 0;
	r->begun = false;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_message_begin = on_message_begin,
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_field_complete = on_header_field_complete,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_chunk_extension_name = count_extra,
	.on_chunk_extension_value = count_extra,
	.on_chunk_header = on_chunk_header,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

void http_request_init(struct http_request *r, struct http_bodies *bodies)
{
	*r = (struct http_request){.bodies = bodies};
	llhttp_init(&r->parser, HTTP_REQUEST, &settings);
	r->parser.data = r;
}

enum http_step http_request_feed(struct http_request *r, struct slice *input)
{
	size_t len = input->len, head_room = HTTP_HEAD_LIMIT - r->head_bytes;
	const char *at = (const char *)input->data;
	llhttp_errno_t result;

	if (!r->past_head && len > head_room)
		len = head_room;
	r->reached = HTTP_STEP_MORE;
	result = llhttp_execute(&r->parser, at, len);
	if (result == HPE_PAUSED) {
		len = (size_t)(llhttp_get_error_pos(&r->parser) - at);
		llhttp_resume(&r->parser);
	} else if (result != HPE_OK) {
		r->reached = HTTP_STEP_REFUSED;
		if (result == HPE_PAUSED_H2_UPGRADE)
			fail(r, 505, other_version);
		else if (r->status == 0)
			fail(r, 400, llhttp_get_error_reason(&r->parser));
	}
	if (r->reached == HTTP_STEP_MORE && !r->past_head) {
		r->head_bytes += len;
		if (r->head_bytes == HTTP_HEAD_LIMIT) {
			fail(r, 431, "the request's header lines are too large");
			r->reached = HTTP_STEP_REFUSED;
		}
	}
	input->data += len;
	input->len -= len;
	return r->reached;
}

uint8_t *http_request_place(struct http_request *r, size_t *len)
{
	size_t least = r->body_left < PLACE ? r->body_left : PLACE;

	if (r->body_left == 0 || !body_reserve(r, least))
		return NULL;
	*len = r->body.cap - r->body.len;
	if (*len > r->body_left)
		*len = r->body_left;
	return r->body.data + r->body.len;
}

struct bytes http_request_body(struct http_request *r)
{
	r->bodies->held -= r->body.len;
	return bytes_move(&r->body);
}

void http_request_clear(struct http_request *r)
{
	struct bytes body = http_request_body(r);

	r->body_left = 0;
	bytes_free(&body);
}
