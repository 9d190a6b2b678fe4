/* SPDX-License-Identifier: Apache-2.0 */
#include "relay.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROOM (4 << 20)
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

static struct sockaddr_in local(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static int connected(uint16_t port)
{
	struct sockaddr_in address = local(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
		_exit(1);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

/* Reads one message with its Content-Length; returns its length, or 0 at the end. */
static size_t take(int fd, char *buffer)
{
	size_t len = 0, need = 0;

	while (need == 0 || len < need) {
		ssize_t n = recv(fd, buffer + len, ROOM - 1 - len, 0);
		char *end;

		if (n <= 0)
			return 0;
		len += (size_t)n;
		buffer[len] = 0;
		end = need == 0 ? strstr(buffer, "\r\n\r\n") : NULL;
		if (end)
			need = (size_t)(end + 4 - buffer) +
			       strtoul(strcasestr(buffer, "content-length:") + 15, NULL, 10);
	}
	return len;
}

static void pass(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			_exit(1);
		data += n;
		len -= (size_t)n;
	}
}

static _Noreturn void serve(int listener, uint16_t backend)
{
	char *buffer = malloc(ROOM), answer[1024 + 1];
	int fd = accept(listener, NULL, NULL), on = 1;
	int onward = backend ? connected(backend) : -1;
	size_t len;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	while (buffer && (len = take(fd, buffer))) {
		pass(fd, ANSWER, strlen(ANSWER));
		if (onward < 0)
			continue;
		pass(onward, buffer, len);
		if (recv(onward, answer, sizeof answer, 0) <= 0)
			_exit(1);
	}
	_exit(0);
}

void relay_start(struct relay *relay, uint16_t backend)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = local(0);
	socklen_t size = sizeof address;
	pid_t parent = getpid();

	if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) != 0)
		die("the relay cannot listen");
	relay->port = ntohs(address.sin_port);
	relay->pid = fork();
	if (relay->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		serve(listener, backend);
	}
	close(listener);
	if (relay->pid < 0 || clock_getcpuclockid(relay->pid, &relay->cpu_clock) != 0)
		die("no relay");
}

int64_t relay_cpu(const struct relay *relay)
{
	struct timespec t;

	if (clock_gettime(relay->cpu_clock, &t) != 0)
		die("the relay has ended");
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

void relay_stop(struct relay *relay)
{
	int status;

	if (waitpid(relay->pid, &status, 0) != relay->pid || status != 0)
		die("the relay failed");
}
