/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/now.h"

bool transfer_socket_is_own(const struct curl_sockaddr *address, uint16_t own_port)
{
	const struct sockaddr_in *v4 = (const void *)&address->addr;
	const struct sockaddr_in6 *v6 = (const void *)&address->addr;

	if (address->family == AF_INET)
		return ntohs(v4->sin_port) == own_port &&
		       (ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET ||
			v4->sin_addr.s_addr == htonl(INADDR_ANY));
	return address->family == AF_INET6 && ntohs(v6->sin6_port) == own_port &&
	       (IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr) ||
		(IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) &&
		 v6->sin6_addr.s6_addr[12] == IN_LOOPBACKNET));
}

/* A peer that vanished says nothing. What we sent and it does not acknowledge ends by
 * TCP_USER_TIMEOUT, the wait for an answer by the probes of SO_KEEPALIVE, which a backend's kernel
 * acknowledges however slow the backend is. None of it wakes this process. The price: one that
 * reads nothing for so long, of a body larger than its window, counts as vanished too. */
static void notice_dead_peer(int fd, int64_t timeout)
{
	const int64_t longest = 5 * NS_PER_S, half = timeout / 2;
	unsigned ms = (unsigned)((half < longest ? half : longest) / NS_PER_MS);
	int on = 1, idle = 2, interval = 1, count = 3;

	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

curl_socket_t transfer_socket_open(const struct curl_sockaddr *address, int64_t timeout)
{
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	if (fd < 0)
		return CURL_SOCKET_BAD;
	notice_dead_peer(fd, timeout);
	return fd;
}
