/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- Messages ---- */

/* False where the connection has ended. */
static bool receive(int fd, struct http_buffer *in)
{
	ssize_t n;

	if (in->cap - in->len < (64 << 10)) {
		in->cap = in->cap * 2 + (256 << 10);
		in->data = realloc(in->data, in->cap);
		if (!in->data)
			die("no memory");
	}
	n = recv(fd, in->data + in->len, in->cap - in->len - 1, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	in->len += (size_t)n;
	in->data[in->len] = 0;
	return true;
}

/* The length of the head with its empty line, once all of the message is there; else 0. */
static size_t whole(const struct http_buffer *in, size_t *body_len)
{
	const char *end = in->len > 0 ? strstr(in->data, "\r\n\r\n") : NULL;
	const char *length = end ? strcasestr(in->data, "\r\ncontent-length:") : NULL;
	size_t head;

	*body_len = 0;
	if (!end)
		return 0;
	head = (size_t)(end + 4 - in->data);
	if (length && length < end)
		*body_len = strtoul(length + 17, NULL, 10);
	else if (strcasestr(in->data, "\r\ntransfer-encoding:"))
		die("a message came in chunks");
	return in->len >= head + *body_len ? head : 0;
}

static void consume(struct http_buffer *in, size_t len)
{
	in->len -= len;
	memmove(in->data, in->data + len, in->len);
	in->data[in->len] = 0;
}

static bool send_all(int fd, struct iovec *parts, int count)
{
	while (count > 0) {
		ssize_t n = writev(fd, parts, count);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		for (; count > 0 && (size_t)n >= parts->iov_len; parts++, count--)
			n -= (ssize_t)parts->iov_len;
		if (count > 0) {
			parts->iov_base = (char *)parts->iov_base + n;
			parts->iov_len -= (size_t)n;
		}
	}
	return true;
}

static void no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* ---- Server ---- */

static void drop(struct http_peer *peer)
{
	if (peer->fd < 0)
		return;
	loop_remove(peer->server->loop, peer->fd);
	close(peer->fd);
	peer->fd = -1;
	peer->in.len = 0;
}

static void on_request(void *ctx)
{
	struct http_peer *peer = ctx;
	size_t head, body_len;

	if (!receive(peer->fd, &peer->in)) {
		drop(peer);
		return;
	}
	while (peer->fd >= 0 && (head = whole(&peer->in, &body_len))) {
		struct http_request request = {.head = peer->in.data,
					       .body = peer->in.data + head,
					       .body_len = body_len};

		peer->in.data[head - 2] = 0;
		peer->server->serve(peer->server->ctx, peer, &request);
		consume(&peer->in, head + body_len);
	}
}

static void on_connection(void *ctx)
{
	struct http_server *server = ctx;
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	no_delay(fd);
	for (unsigned i = 0; i < HTTP_PEERS; i++) {
		struct http_peer *peer = &server->peers[i];

		if (peer->fd >= 0)
			continue;
		peer->fd = fd;
		loop_add(server->loop, fd, on_request, peer);
		return;
	}
	die("too many connections to one server");
}

/* A socket at that port of 127.0.0.1 (0: of the kernel's choice) which does not listen yet. */
static int bound(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
		die("cannot take port %u of 127.0.0.1: %s", port, strerror(errno));
	return fd;
}

void http_listen(struct http_server *server, struct loop *loop,
		 void (*serve)(void *, struct http_peer *, const struct http_request *), void *ctx)
{
	struct sockaddr_in address;
	socklen_t len = sizeof address;

	*server = (struct http_server){.loop = loop, .serve = serve, .ctx = ctx};
	for (unsigned i = 0; i < HTTP_PEERS; i++)
		server->peers[i] = (struct http_peer){.server = server, .fd = -1};
	server->listener = bound(0);
	if (getsockname(server->listener, (struct sockaddr *)&address, &len) != 0)
		die("a socket without a name: %s", strerror(errno));
	server->port = ntohs(address.sin_port);
	http_return(server);
}

void http_leave(struct http_server *server)
{
	loop_remove(server->loop, server->listener);
	close(server->listener);
	http_drop_peers(server);
	server->listener = bound(server->port);
}

void http_return(struct http_server *server)
{
	if (listen(server->listener, HTTP_PEERS) != 0)
		die("cannot listen at port %u: %s", server->port, strerror(errno));
	loop_add(server->loop, server->listener, on_connection, server);
}

void http_drop_peers(struct http_server *server)
{
	for (unsigned i = 0; i < HTTP_PEERS; i++)
		drop(&server->peers[i]);
}

void http_answer(struct http_peer *peer, unsigned status, const char *headers, const char *body)
{
	char head[512];
	int len = snprintf(head, sizeof head,
			   "HTTP/1.1 %u %s\r\n%sContent-Type: application/json\r\n"
			   "Content-Length: %zu\r\n\r\n",
			   status, status < 300 ? "OK" : "Error", headers, strlen(body));
	struct iovec parts[] = {{head, (size_t)len}, {(void *)(uintptr_t)body, strlen(body)}};

	if (!send_all(peer->fd, parts, 2))
		drop(peer);
}

/* ---- Client ---- */

static void on_answer(void *ctx)
{
	struct http_client *client = ctx;
	size_t head, body_len;

	if (!receive(client->fd, &client->in)) {
		if (client->status == 0)
			die("the program closed a connection instead of answering");
		loop_remove(client->loop, client->fd);
		return;
	}
	head = whole(&client->in, &body_len);
	if (head == 0)
		return;
	client->status = (unsigned)strtoul(client->in.data + strlen("HTTP/1.1 "), NULL, 10);
	consume(&client->in, head + body_len);
}

static bool is_answered(void *ctx)
{
	return ((struct http_client *)ctx)->status != 0;
}

void http_connect(struct http_client *client, struct loop *loop, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	*client = (struct http_client){.loop = loop, .status = HTTP_IDLE};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0)
		die("cannot connect to port %u: %s", port, strerror(errno));
	no_delay(client->fd);
	loop_add(loop, client->fd, on_answer, client);
}

void http_close(struct http_client *client)
{
	loop_remove(client->loop, client->fd);
	close(client->fd);
	free(client->in.data);
	*client = (struct http_client){.fd = -1};
}

int64_t http_post(struct http_client *client, const char *path, const char *type, const void *body,
		  size_t len)
{
	char head[256];
	int head_len = snprintf(head, sizeof head,
				"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n"
				"Content-Length: %zu\r\n\r\n",
				path, type, len);
	struct iovec parts[] = {{head, (size_t)head_len}, {(void *)(uintptr_t)body, len}};
	int64_t start = clock_now(), end;

	client->status = 0;
	if (!send_all(client->fd, parts, 2))
		die("cannot send to %s", path);
	loop_until(client->loop, is_answered, client, path);
	end = clock_now();
	if (client->status != 200)
		die("%s was answered with %u", path, client->status);
	return end - start;
}
