/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "edges/timer.h"

#define ACCEPTS_PER_EVENT 16

/* How long accept() rests: the listener stays readable meanwhile. */
#define REST_TIME (100 * NS_PER_MS)

static void on_rested(evutil_socket_t fd, short what, void *arg)
{
	struct listener *listener = arg;

	(void)fd;
	(void)what;
	if (event_add(&listener->event, NULL) != 0)
		timer_in(&listener->timer, REST_TIME);
}

static void listener_rest(struct listener *listener, int error)
{
	if (!listener->all->rest_told)
		log_warn("cannot accept connections for now: %s", strerror(error));
	listener->all->rest_told = true;
	event_del(&listener->event);
	timer_in(&listener->timer, REST_TIME);
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct listener *listener = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
		int conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (conn >= 0) {
			listener->all->admit(listener->all->ctx, conn);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			listener_rest(listener, errno);
			return;
		}
	}
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The length of the address, or 0 for what is none. */
static socklen_t address_of(const char *literal, uint16_t port, union address *address)
{
	*address = (union address){0};
	if (inet_pton(AF_INET, literal, &address->v4.sin_addr) == 1) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons(port);
		return sizeof(address->v4);
	}
	if (inet_pton(AF_INET6, literal, &address->v6.sin6_addr) == 1) {
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons(port);
		return sizeof(address->v6);
	}
	return 0;
}

/* Returns the socket, and the port in *port, or -errno. */
static int listen_on(const char *literal, uint16_t *port)
{
	union address address;
	socklen_t len = address_of(literal, *port, &address);
	int fd, error, one = 1;

	if (len == 0)
		return -EINVAL;
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, &address.any, len) != 0 || listen(fd, SOMAXCONN) != 0 ||
	    (*port == 0 && getsockname(fd, &address.any, &len) != 0)) {
		error = -errno;
		close(fd);
		return error;
	}
	*port = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port
						       : address.v6.sin6_port);
	return fd;
}

int listeners_add(struct listeners *all, const char *address, uint16_t port)
{
	struct listener *listener = &all->at[all->count];
	int fd;

	if (all->count == LISTENERS)
		return -ENOSPC;
	fd = listen_on(address, &port);
	if (fd < 0)
		return fd;
	*listener = (struct listener){.all = all, .fd = fd};
	event_assign(&listener->event, all->base, fd, EV_READ | EV_PERSIST, on_acceptable,
		     listener);
	event_assign(&listener->timer, all->base, -1, 0, on_rested, listener);
	if (event_add(&listener->event, NULL) != 0) {
		close(fd);
		return -ENOMEM;
	}
	all->count++;
	return port;
}

unsigned listeners_waiting(const struct listeners *all)
{
	struct pollfd fds[LISTENERS];
	unsigned waiting = 0;

	for (size_t i = 0; i < all->count; i++)
		fds[i] = (struct pollfd){.fd = all->at[i].fd, .events = POLLIN};
	if (poll(fds, all->count, 0) > 0) {
		for (size_t i = 0; i < all->count; i++)
			waiting += fds[i].revents != 0;
	}
	return waiting;
}

void listeners_close(struct listeners *all)
{
	for (size_t i = 0; i < all->count; i++) {
		event_del(&all->at[i].event);
		event_del(&all->at[i].timer);
		close(all->at[i].fd);
	}
	all->count = 0;
}
