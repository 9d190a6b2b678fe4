/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/grpc_session.h"

#include <stdlib.h>
#include <string.h>

#include "edges/grpc_reply.h"

struct grpc_stream {
	struct grpc_session *session;
	struct grpc_stream *next, **link; /* in session->streams */
	int32_t id;
	struct grpc_call call;
	size_t counted; /* in bodies->held */
	bool answered;
	struct grpc_reply reply; /* under way until the stream is closed */
};

/* ---- Streams ---- */

static struct grpc_stream *stream_of(struct grpc_session *s, int32_t id)
{
	return nghttp2_session_get_stream_user_data(s->h2, id);
}

/* Brings the account up to date. */
static void stream_count(struct grpc_stream *st)
{
	size_t len = st->call.message.body.len;

	st->session->bodies->held += len - st->counted;
	st->counted = len;
}

static struct grpc_stream *stream_new(struct grpc_session *s, int32_t id)
{
	struct grpc_stream *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->id = id;
	st->next = s->streams;
	st->link = &s->streams;
	if (st->next)
		st->next->link = &st->next;
	s->streams = st;
	s->unanswered++;
	return st;
}

static void stream_done(struct grpc_stream *st)
{
	st->session->unanswered -= !st->answered;
	st->answered = true;
	bytes_free(&st->call.message.body);
	stream_count(st);
}

static void stream_free(struct grpc_stream *st)
{
	stream_done(st);
	*st->link = st->next;
	if (st->next)
		st->next->link = st->link;
	free(st);
}

/* ---- Answers ---- */

/* Returns what a callback of nghttp2 returns. */
static int stream_answer(struct grpc_stream *st, const struct grpc_answer *answer)
{
	stream_done(st);
	return grpc_reply(st->session->h2, st->id, answer, &st->reply)
		       ? 0
		       : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* ---- What comes ---- */

static int on_begin_headers(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct grpc_stream *st;
	int32_t id = frame->hd.stream_id;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	st = stream_new(arg, id);
	/* Refused so, a call is made again. */
	if (!st)
		return nghttp2_submit_rst_stream(h2, 0, id, NGHTTP2_REFUSED_STREAM);
	return nghttp2_session_set_stream_user_data(h2, id, st);
}

static struct slice text_of(nghttp2_rcbuf *buffer)
{
	nghttp2_vec vec = nghttp2_rcbuf_get_buf(buffer);

	return slice_of(vec.base, vec.len);
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, nghttp2_rcbuf *name,
		     nghttp2_rcbuf *value, uint8_t flags, void *arg)
{
	struct grpc_stream *st = stream_of(arg, frame->hd.stream_id);

	(void)h2;
	(void)flags;
	if (st && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		grpc_call_header(&st->call, text_of(name), text_of(value));
	return 0;
}

/* Is there room for what has come of a message, or is it about to be handed on? */
static bool stream_fits(struct grpc_stream *st, uint8_t flags)
{
	struct http_bodies *bodies = st->session->bodies;

	if ((flags & NGHTTP2_FLAG_END_STREAM) && grpc_message_whole(&st->call.message))
		return true;
	if (bodies->held > bodies->total_limit && !bodies->make_room(bodies, 0))
		return false;
	bodies->grew(bodies);
	return true;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
		   void *arg)
{
	struct grpc_session *s = arg;
	struct grpc_stream *st = stream_of(s, id);
	struct grpc_answer answer;
	bool good;

	(void)h2;
	if (!st || st->answered)
		return 0;
	good = grpc_call_data(&st->call, s->sink, slice_of(data, len), &answer);
	stream_count(st);
	if (good && !stream_fits(st, flags)) {
		grpc_call_refuse(&answer, GRPC_UNAVAILABLE,
				 "too many messages are being received at once");
		good = false;
	}
	return good ? 0 : stream_answer(st, &answer);
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct grpc_session *s = arg;
	bool head = frame->hd.type == NGHTTP2_HEADERS;
	struct grpc_stream *st;
	struct grpc_answer answer;

	(void)h2;
	if (!head && frame->hd.type != NGHTTP2_DATA)
		return 0;
	st = stream_of(s, frame->hd.stream_id);
	if (!st || st->answered)
		return 0;
	if (head && frame->headers.cat == NGHTTP2_HCAT_REQUEST &&
	    !grpc_call_head(&st->call, &answer))
		return stream_answer(st, &answer);
	if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	grpc_call_end(&st->call, s->sink, &answer);
	return stream_answer(st, &answer);
}

/* An answer that went out before all of the call has come: what is left need not be sent (RFC 9113,
 * section 8.1). Not sooner: nghttp2 sends nothing on a stream once that is asked for. */
static int on_sent(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	int32_t id = frame->hd.stream_id;

	(void)arg;
	if (frame->hd.type != NGHTTP2_HEADERS || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) ||
	    nghttp2_session_get_stream_remote_close(h2, id) != 0)
		return 0;
	return nghttp2_submit_rst_stream(h2, 0, id, NGHTTP2_NO_ERROR);
}

static int on_close(nghttp2_session *h2, int32_t id, uint32_t code, void *arg)
{
	struct grpc_stream *st = stream_of(arg, id);

	(void)h2;
	(void)code;
	if (st)
		stream_free(st);
	return 0;
}

/* ---- The session ---- */

/* Our settings are the first to go out. Floods of settings, pings, resets and continuations end in
 * nghttp2's own limits. */
static bool say_settings(nghttp2_session *h2)
{
	static const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, GRPC_STREAMS},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, GRPC_STREAM_WINDOW},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, GRPC_HEAD_LIMIT},
		{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
	};

	return nghttp2_submit_settings(h2, 0, settings, sizeof(settings) / sizeof(settings[0])) ==
		       0 &&
	       nghttp2_session_set_local_window_size(h2, 0, 0, GRPC_CONNECTION_WINDOW) == 0;
}

static bool session_make(struct grpc_session *s)
{
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_option *option = NULL;
	bool good = false;

	if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0)
		goto out;
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_option_set_no_closed_streams(option, 1);
	if (nghttp2_session_server_new2(&s->h2, callbacks, s, option) != 0)
		goto out;
	good = say_settings(s->h2);
out:
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
	return good;
}

void grpc_session_init(struct grpc_session *s, const struct otlp_sink *sink,
		       struct http_bodies *bodies)
{
	*s = (struct grpc_session){
		.sink = sink,
		.bodies = bodies,
		.preface = NGHTTP2_CLIENT_MAGIC_LEN,
	};
}

enum grpc_fed grpc_session_feed(struct grpc_session *s, struct slice in)
{
	ssize_t n;

	if (!s->h2 && !session_make(s))
		return GRPC_BROKEN;
	n = nghttp2_session_mem_recv(s->h2, in.data, in.len);
	if (n == NGHTTP2_ERR_BAD_CLIENT_MAGIC)
		return GRPC_NOT_HTTP2;
	s->preface -= in.len < s->preface ? in.len : s->preface;
	return n < 0 ? GRPC_BROKEN : GRPC_FED;
}

/* Not before it is sure that this is HTTP/2: others understand none of it. */
struct slice grpc_session_output(struct grpc_session *s)
{
	const uint8_t *data = NULL;
	ssize_t n = s->h2 && s->preface == 0 ? nghttp2_session_mem_send(s->h2, &data) : 0;

	/* It fails where memory is short, and then a later call goes on. */
	return n > 0 ? slice_of(data, (size_t)n) : (struct slice){0};
}

bool grpc_session_ended(const struct grpc_session *s)
{
	return s->h2 && !nghttp2_session_want_read(s->h2) && !nghttp2_session_want_write(s->h2);
}

bool grpc_session_go_away(struct grpc_session *s, uint32_t code, const char *text)
{
	if (!s->h2 && !session_make(s))
		return false;
	s->preface = 0;
	return nghttp2_submit_goaway(s->h2, 0, nghttp2_session_get_last_proc_stream_id(s->h2), code,
				     (const uint8_t *)text, strlen(text)) == 0;
}

size_t grpc_session_held(const struct grpc_session *s)
{
	size_t held = 0;

	for (const struct grpc_stream *st = s->streams; st; st = st->next)
		held += st->counted;
	return held;
}

void grpc_session_give_way(struct grpc_session *s)
{
	struct grpc_answer answer;

	grpc_call_refuse(&answer, GRPC_UNAVAILABLE,
			 "the message stopped coming, and others need the room");
	/* An answer frees no stream: that comes with the sending of it. */
	for (struct grpc_stream *st = s->streams; st; st = st->next) {
		if (st->counted > 0)
			stream_answer(st, &answer);
	}
}

void grpc_session_free(struct grpc_session *s)
{
	struct grpc_stream *next;

	for (struct grpc_stream *st = s->streams; st; st = next) {
		next = st->next;
		stream_free(st);
	}
	nghttp2_session_del(s->h2);
	s->h2 = NULL;
}
