/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct peer_call *call_of(nghttp2_session *h2, int32_t id)
{
	return nghttp2_session_get_stream_user_data(h2, id);
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *arg)
{
	struct peer_call *call = call_of(h2, frame->hd.stream_id);
	struct bytes *to = frame->headers.cat == NGHTTP2_HCAT_HEADERS ? &call->trailers
								      : &call->head;

	(void)flags;
	(void)arg;
	bytes_append(to, name, name_len);
	bytes_addf(to, ": ");
	bytes_append(to, value, value_len);
	bytes_addc(to, '\n');
	return 0;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
		   void *arg)
{
	(void)flags;
	(void)arg;
	bytes_append(&call_of(h2, id)->data, data, len);
	return 0;
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct peer *p = arg;
	size_t len;

	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		call_of(h2, frame->hd.stream_id)->blocks++;
		break;
	case NGHTTP2_GOAWAY:
		assert_false(p->gone);
		p->gone = true;
		p->goaway_error = frame->goaway.error_code;
		len = frame->goaway.opaque_data_len;
		assert_true(len < sizeof(p->goaway_text));
		if (len > 0)
			memcpy(p->goaway_text, frame->goaway.opaque_data, len);
		break;
	case NGHTTP2_PING:
		p->pongs += frame->hd.flags & NGHTTP2_FLAG_ACK;
		break;
	case NGHTTP2_SETTINGS:
		p->settings++;
		break;
	case NGHTTP2_WINDOW_UPDATE:
		p->window_updates++;
		break;
	default:
		break;
	}
	return 0;
}

static int on_close(nghttp2_session *h2, int32_t id, uint32_t error, void *arg)
{
	struct peer_call *call = call_of(h2, id);

	(void)arg;
	assert_non_null(call);
	call->closed = true;
	call->error = error;
	return 0;
}

struct peer *peer_new(void)
{
	struct peer *p = calloc(1, sizeof(*p));
	nghttp2_session_callbacks *callbacks;

	assert_non_null(p);
	assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	assert_int_equal(nghttp2_session_client_new(&p->h2, callbacks, p), 0);
	nghttp2_session_callbacks_del(callbacks);
	assert_int_equal(nghttp2_submit_settings(p->h2, 0, NULL, 0), 0);
	return p;
}

void peer_free(struct peer *p)
{
	for (size_t i = 0; i < p->count; i++) {
		bytes_free(&p->calls[i].to_send);
		bytes_free(&p->calls[i].head);
		bytes_free(&p->calls[i].trailers);
		bytes_free(&p->calls[i].data);
	}
	nghttp2_session_del(p->h2);
	free(p);
}

const char *peer_path(enum otlp_signal signal)
{
	static const char *const paths[] = {
		[OTLP_TRACES] = "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
		[OTLP_LOGS] = "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
		[OTLP_METRICS] = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
	};

	return paths[signal];
}

static ssize_t read_data(nghttp2_session *h2, int32_t id, uint8_t *to, size_t len, uint32_t *flags,
			 nghttp2_data_source *source, void *arg)
{
	struct peer_call *call = source->ptr;
	size_t left = call->to_send.len - call->sent;

	(void)h2;
	(void)id;
	(void)arg;
	if (left == 0 && !call->ended)
		return NGHTTP2_ERR_DEFERRED;
	if (len > left)
		len = left;
	if (len > 0)
		memcpy(to, call->to_send.data + call->sent, len);
	call->sent += len;
	if (len == left && call->ended)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)len;
}

struct peer_call *peer_call_with(struct peer *p, const char *const *fields, struct slice data,
				 bool end)
{
	struct peer_call *call = &p->calls[p->count++];
	nghttp2_data_provider provider = {.source.ptr = call, .read_callback = read_data};
	nghttp2_nv nv[64];
	size_t count = 0;

	assert_true(p->count <= PEER_CALLS);
	for (; fields[2 * count]; count++) {
		const char *name = fields[2 * count], *value = fields[2 * count + 1];

		assert_true(count < sizeof(nv) / sizeof(nv[0]));
		nv[count] = (nghttp2_nv){
			.name = (uint8_t *)(uintptr_t)name,
			.value = (uint8_t *)(uintptr_t)value,
			.namelen = strlen(name),
			.valuelen = strlen(value),
		};
	}
	bytes_add(&call->to_send, data);
	call->ended = end;
	call->id = nghttp2_submit_request(p->h2, NULL, nv, count,
					  data.len == 0 && end ? NULL : &provider, call);
	assert_true(call->id > 0);
	return call;
}

struct peer_call *peer_call(struct peer *p, const char *path, const char *encoding,
			    struct slice data, bool end)
{
	const char *fields[] = {
		":method", "POST",          ":scheme",        "http",         ":path",
		path,      ":authority",    "localhost:4317", "content-type", "application/grpc",
		"te",      "trailers",      "grpc-timeout",   "9999m",        "user-agent",
		"peer",    "grpc-encoding", encoding,         NULL,
	};

	if (!encoding)
		fields[16] = NULL;
	return peer_call_with(p, fields, data, end);
}

void peer_add(struct peer *p, struct peer_call *call, struct slice data, bool end)
{
	bytes_add(&call->to_send, data);
	call->ended = end;
	nghttp2_session_resume_data(p->h2, call->id);
}

void peer_frame(struct bytes *out, uint8_t flag, struct slice message)
{
	bytes_addc(out, flag);
	for (int shift = 24; shift >= 0; shift -= 8)
		bytes_addc(out, (uint8_t)(message.len >> shift));
	bytes_add(out, message);
}

void peer_output(struct peer *p, struct bytes *out)
{
	const uint8_t *data;
	ssize_t n;

	while ((n = nghttp2_session_mem_send(p->h2, &data)) > 0)
		bytes_append(out, data, (size_t)n);
	assert_int_equal(n, 0);
}

void peer_input(struct peer *p, struct slice in)
{
	assert_int_equal(nghttp2_session_mem_recv(p->h2, in.data, in.len), in.len);
}

const char *peer_field(const struct bytes *fields, const char *name, char value[static 512])
{
	char wanted[64];
	const uint8_t *at, *end;
	size_t len;

	snprintf(wanted, sizeof(wanted), "%s: ", name);
	at = slice_find(bytes_slice(fields), slice_str(wanted));
	if (!at)
		return NULL;
	at += strlen(wanted);
	end = memchr(at, '\n', fields->len - (size_t)(at - fields->data));
	len = (size_t)(end - at);
	assert_true(len < 512);
	memcpy(value, at, len);
	value[len] = 0;
	return value;
}

void peer_expect(const struct peer_call *call, const char *http_status, unsigned code,
		 const char *text)
{
	const struct bytes *last = call->blocks > 1 ? &call->trailers : &call->head;
	char value[512];

	assert_true(call->closed);
	assert_int_equal(call->error, NGHTTP2_NO_ERROR);
	assert_string_equal(peer_field(&call->head, ":status", value), http_status);
	assert_string_equal(peer_field(&call->head, "content-type", value), "application/grpc");
	assert_non_null(peer_field(last, "grpc-status", value));
	assert_int_equal(strtoul(value, NULL, 10), code);
	if (text) {
		assert_non_null(peer_field(last, "grpc-message", value));
		if (!strstr(value, text))
			print_error("grpc-message: %s\n", value);
		assert_non_null(strstr(value, text));
	} else {
		assert_null(peer_field(last, "grpc-message", value));
	}
	/* Success is an empty message and trailers, a refusal is header fields alone. */
	assert_int_equal(call->blocks, code == 0 ? 2 : 1);
	assert_int_equal(call->data.len, code == 0 ? 5 : 0);
	for (size_t i = 0; i < call->data.len; i++)
		assert_int_equal(call->data.data[i], 0);
}
