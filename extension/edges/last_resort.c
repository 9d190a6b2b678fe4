/* SPDX-License-Identifier: Apache-2.0 */
/* Everything from on_signal() down uses async-signal-safe functions only. */
#include "edges/last_resort.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define PAUSE_MS 200
#define MAX_FD 1024 /* Lambda's limit */

static struct {
	struct sockaddr_storage address;
	socklen_t address_len;
	char host[300];
	char name[128];
	char identifier[128];
	bool managed;
	volatile int fd;
	volatile enum last_resort_pending pending;
} state = {.fd = -1};

static _Alignas(16) unsigned char stack[64 << 10];

/* ---- Setting up ---- */

bool last_resort_init(const char *runtime_api, const char *name, bool managed_instances)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
	const char *colon = strrchr(runtime_api, ':');
	char host[256];

	if (!colon || colon == runtime_api || (size_t)(colon - runtime_api) >= sizeof host)
		return false;
	snprintf(host, sizeof host, "%.*s", (int)(colon - runtime_api), runtime_api);
	/* Literal on Lambda: then nothing is asked of any name server. */
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0 || !found)
		return false;
	memcpy(&state.address, found->ai_addr, found->ai_addrlen);
	state.address_len = found->ai_addrlen;
	freeaddrinfo(found);
	snprintf(state.host, sizeof state.host, "%s", runtime_api);
	snprintf(state.name, sizeof state.name, "%s", name);
	state.managed = managed_instances;
	return true;
}

const struct sockaddr *last_resort_address(socklen_t *len)
{
	*len = state.address_len;
	return (const struct sockaddr *)&state.address;
}

void last_resort_identifier(const char *identifier)
{
	snprintf(state.identifier, sizeof state.identifier, "%s", identifier);
}

void last_resort_pending(int fd, enum last_resort_pending pending)
{
	state.fd = fd;
	state.pending = pending;
}

/* ---- The loop ---- */

struct text {
	char data[8192];
	size_t len;
};

static void put(struct text *t, const char *s)
{
	while (*s && t->len + 1 < sizeof t->data)
		t->data[t->len++] = *s++;
	t->data[t->len] = 0;
}

static void say(const char *why)
{
	struct text line = {.len = 0};
	ssize_t n;

	put(&line, log_last_begin());
	put(&line, why);
	put(&line, "; this environment's telemetry is no longer exported, the function goes on");
	put(&line, log_last_end());
	n = write(STDOUT_FILENO, line.data, line.len);
	(void)n;
}

static void rest(void)
{
	struct timespec t = {.tv_nsec = PAUSE_MS * 1000000L};

	nanosleep(&t, NULL);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* In any case of letters: header names have none. */
static const char *find(const struct text *t, const char *needle)
{
	size_t len = strlen(needle);

	for (size_t i = 0; i + len <= t->len; i++) {
		size_t k = 0;

		while (k < len && lower(t->data[i + k]) == lower(needle[k]))
			k++;
		if (k == len)
			return t->data + i;
	}
	return NULL;
}

/* Has all of the answer come? Without a length it ends with the connection. */
static bool complete(const struct text *t)
{
	const char *body = find(t, "\r\n\r\n"), *length = find(t, "\r\ncontent-length:");
	size_t need = 0;

	if (!body)
		return false;
	if (!length || length > body)
		return find(t, "\"eventType\"") && find(t, "}");
	for (length += 17; *length == ' '; length++)
		;
	for (; *length >= '0' && *length <= '9'; length++)
		need = need * 10 + (size_t)(*length - '0');
	return (size_t)(t->data + t->len - (body + 4)) >= need;
}

/* The socket may be non-blocking: poll() waits, without a bound, since /next has none. */
static void read_answer(int fd, struct text *t)
{
	t->len = 0;
	t->data[0] = 0;
	while (!complete(t) && t->len + 1 < sizeof t->data) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return;
		n = recv(fd, t->data + t->len, sizeof t->data - 1 - t->len, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return;
		t->len += (size_t)n;
		t->data[t->len] = 0;
	}
}

static bool ask(const struct text *request, struct text *answer)
{
	int fd = socket(state.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool sent;

	answer->len = 0;
	if (fd < 0)
		return false;
	sent = connect(fd, (const struct sockaddr *)&state.address, state.address_len) == 0 &&
	       send(fd, request->data, request->len, MSG_NOSIGNAL) == (ssize_t)request->len;
	if (sent)
		read_answer(fd, answer);
	close(fd);
	return sent && answer->len > 0;
}

static void take_identifier(const struct text *answer)
{
	const char *value = find(answer, "\r\nlambda-extension-identifier:");
	size_t len = 0;

	if (!value)
		return;
	for (value += 30; *value == ' '; value++)
		;
	while (value[len] > ' ' && len + 1 < sizeof state.identifier) {
		state.identifier[len] = value[len];
		len++;
	}
	state.identifier[len] = 0;
}

static void enrol(struct text *answer)
{
	const char *body = state.managed ? "{\"events\":[\"SHUTDOWN\"]}"
					 : "{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}";
	struct text request = {.len = 0};

	put(&request, "POST /2020-01-01/extension/register HTTP/1.1\r\nHost: ");
	put(&request, state.host);
	put(&request, "\r\nLambda-Extension-Name: ");
	put(&request, state.name);
	put(&request, "\r\nContent-Type: application/json\r\nConnection: close\r\n"
		      "Content-Length: ");
	put(&request, state.managed ? "23\r\n\r\n" : "32\r\n\r\n");
	put(&request, body);
	if (ask(&request, answer))
		take_identifier(answer);
}

static bool ask_next(struct text *answer)
{
	struct text request = {.len = 0};

	put(&request, "GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: ");
	put(&request, state.host);
	put(&request, "\r\nLambda-Extension-Identifier: ");
	put(&request, state.identifier);
	put(&request, "\r\nConnection: close\r\n\r\n");
	return ask(&request, answer);
}

/* Is this the SHUTDOWN event? The value comes somewhere behind its key. */
static bool is_shutdown(const struct text *answer)
{
	return find(answer, "\"eventType\"") && find(answer, "\"SHUTDOWN\"");
}

static void handle(const struct text *answer, bool *ok)
{
	*ok = find(answer, "\"eventType\"") != NULL;
	if (is_shutdown(answer))
		_exit(0);
}

void last_resort_loop(void)
{
	static struct text answer;
	bool ok = true;

	if (state.pending != PENDING_NOTHING && state.fd >= 0) {
		read_answer(state.fd, &answer);
		take_identifier(&answer);
		handle(&answer, &ok);
		close(state.fd);
		state.pending = PENDING_NOTHING;
	}
	for (;;) {
		ok = false;
		if (!state.identifier[0])
			enrol(&answer);
		if (state.identifier[0] && ask_next(&answer))
			handle(&answer, &ok);
		if (!ok)
			rest();
	}
}

/* So that the function's posts are refused at once and do not wait for an answer. */
static void close_others(void)
{
	for (int fd = STDERR_FILENO + 1; fd < MAX_FD; fd++)
		if (fd != state.fd || state.pending == PENDING_NOTHING)
			close(fd);
}

void last_resort_enter(const char *why)
{
	say(why);
	close_others();
	last_resort_loop();
}

/* ---- Signals ---- */

static const struct {
	int signal;
	const char *why;
} fatal[] = {
	{SIGSEGV, "lull crashed (SIGSEGV)"}, {SIGBUS, "lull crashed (SIGBUS)"},
	{SIGILL, "lull crashed (SIGILL)"},   {SIGFPE, "lull crashed (SIGFPE)"},
	{SIGABRT, "lull gave up (SIGABRT)"}, {SIGSYS, "lull crashed (SIGSYS)"},
	{SIGTRAP, "lull crashed (SIGTRAP)"},
};

static void on_signal(int signal)
{
	const char *why = "lull crashed";

	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
		if (fatal[i].signal == signal)
			why = fatal[i].why;
	last_resort_enter(why);
}

void last_resort_catch(void)
{
	static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT, SIGXFSZ};
	struct sigaction catch = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};

	/* No other signal may break into the loop. */
	sigfillset(&catch.sa_mask);
	sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
		sigaction(fatal[i].signal, &catch, NULL);
	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		signal(ignored[i], SIG_IGN);
}
