/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/now.h"

int64_t client_deadline(void)
{
	return now_read().mono + 60 * NS_PER_S;
}

void client_pause(int64_t until, const char *what, const char *file, int line)
{
	if (now_read().mono > until) {
		print_error("%s:%d: waited in vain for: %s\n", file, line, what);
		fail();
	}
	sched_yield();
}

void client_turn(struct event_base *base, int64_t until, const char *what, const char *file,
		 int line)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	client_pause(until, what, file, line);
}

static int note_timer(const struct event_base *base, const struct event *event, void *ctx)
{
	const struct event **timer = ctx;

	(void)base;
	if (event_pending(event, EV_TIMEOUT, NULL))
		*timer = event;
	return 0;
}

struct event *loop_timer(struct event_base *base)
{
	struct event *timer = NULL;

	event_base_foreach_event(base, note_timer, &timer);
	return timer;
}

struct client client_connect(struct event_base *base, int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct client c = {.base = base, .fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
	int one = 1;

	assert_true(c.fd >= 0);
	setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c.fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		assert_int_equal(errno, EINPROGRESS);
	return c;
}

void client_send(struct client *c, const void *data, size_t len)
{
	const uint8_t *at = data;
	int64_t until = client_deadline();

	while (len > 0 && !c->broken) {
		ssize_t n = send(c->fd, at, len, MSG_NOSIGNAL);

		if (n > 0) {
			at += n;
			len -= (size_t)n;
			until = client_deadline();
			continue;
		}
		if (errno != EAGAIN)
			c->broken = true;
		client_turn(c->base, until, "room to send", __FILE__, __LINE__);
	}
}

void client_say(struct client *c, const char *text)
{
	client_send(c, text, strlen(text));
}

static bool client_unacknowledged(struct client *c)
{
	int n = 0;

	assert_int_equal(ioctl(c->fd, TIOCOUTQ, &n), 0);
	return n > 0;
}

void client_delivered(struct client *c)
{
	wait_still(!client_unacknowledged(c));
}

void client_read(struct client *c)
{
	while (!c->eof) {
		ssize_t n;

		assert_true(bytes_reserve(&c->in, 65536));
		n = recv(c->fd, c->in.data + c->in.len, c->in.cap - c->in.len, 0);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			c->broken = true;
		if (n <= 0)
			c->eof = true;
		else
			c->in.len += (size_t)n;
	}
}

static void client_take(struct client *c, void *to, size_t len)
{
	if (len == 0)
		return;
	memcpy(to, c->in.data, len);
	c->in.len -= len;
	memmove(c->in.data, c->in.data + len, c->in.len);
}

static bool client_has(struct client *c, size_t len)
{
	client_read(c);
	return c->in.len >= len;
}

static const uint8_t *client_head_end(struct client *c)
{
	const uint8_t *end;

	client_read(c);
	end = slice_find(bytes_slice(&c->in), slice_str("\r\n\r\n"));
	if (!end && c->eof)
		fail_msg("the connection ended before an answer came");
	return end;
}

struct reply client_reply(struct client *c, bool to_head)
{
	struct reply reply = {0};
	const uint8_t *end;
	const char *length;
	char value[256];
	size_t head, body = 0;

	wait_until(c->base, (end = client_head_end(c)) != NULL);
	head = (size_t)(end - c->in.data) + 4;
	assert_true(head < sizeof(reply.head));
	client_take(c, reply.head, head);
	reply.head[head] = 0;
	assert_int_equal(sscanf(reply.head, "HTTP/1.1 %u ", &reply.status), 1);
	length = reply_header(&reply, "Content-Length", value);
	if (length && !to_head)
		body = (size_t)strtoul(length, NULL, 10);
	wait_until(c->base, client_has(c, body));
	assert_true(bytes_reserve(&reply.body, body + 1));
	client_take(c, reply.body.data, body);
	reply.body.len = body;
	return reply;
}

const char *reply_header(const struct reply *reply, const char *name, char buffer[static 256])
{
	char line[64];
	const char *at, *end;

	snprintf(line, sizeof(line), "\r\n%s: ", name);
	at = strstr(reply->head, line);
	if (!at)
		return NULL;
	at += strlen(line);
	end = strstr(at, "\r\n");
	assert_true(end - at < 256);
	memcpy(buffer, at, (size_t)(end - at));
	buffer[end - at] = 0;
	return buffer;
}

void reply_free(struct reply *reply)
{
	bytes_free(&reply->body);
}

void client_expect(struct client *c, unsigned status, const char *body)
{
	struct reply reply = client_reply(c, false);

	if (reply.status != status)
		print_error("answer: %s%.200s\n", reply.head, bytes_cstr(&reply.body));
	assert_int_equal(reply.status, status);
	if (body)
		assert_string_equal(bytes_cstr(&reply.body), body);
	reply_free(&reply);
}

unsigned client_expect_any(struct client *c)
{
	struct reply reply = client_reply(c, false);

	reply_free(&reply);
	return reply.status;
}

static bool client_ended(struct client *c)
{
	client_read(c);
	return c->eof;
}

void client_expect_end(struct client *c)
{
	wait_until(c->base, client_ended(c));
	assert_int_equal(c->in.len, 0);
	assert_false(c->broken);
}

void client_close(struct client *c)
{
	bytes_free(&c->in);
	close(c->fd);
}

void client_reset(struct client *c)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	client_close(c);
}
