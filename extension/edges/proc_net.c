/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/proc_net.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* include/net/tcp_states.h of Linux. Those without a name are of no connection: TIME_WAIT and
 * CLOSE, which is over, and LISTEN. */
static const char *const states[] = {
	[1] = "ESTABLISHED", [2] = "SYN_SENT",   [3] = "SYN_RECV", [4] = "FIN_WAIT1",
	[5] = "FIN_WAIT2",   [8] = "CLOSE_WAIT", [9] = "LAST_ACK", [11] = "CLOSING",
};

/* The columns that we read, counted from 0. */
enum column { REMOTE = 2, STATE = 3, INODE = 9 };
#define COLUMNS 10

struct remote {
	uint8_t address[16]; /* the first 4 of them where it is IPv4 */
	bool six;
	uint16_t port;
};

static bool read_number(struct slice text, unsigned base, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < text.len; i++) {
		int c = tolower(text.data[i]);
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
							: 99;

		if (digit >= base || *value > UINT64_MAX / 16)
			return false;
		*value = *value * base + digit;
	}
	return text.len > 0;
}

static const char *state_of(struct slice text)
{
	uint64_t number;

	if (!read_number(text, 16, &number) || number >= sizeof states / sizeof states[0])
		return NULL;
	return states[number];
}

/* The kernel prints the address as numbers of 32 bits each, in the order of the machine. */
static bool read_remote(struct slice text, struct remote *remote)
{
	const uint8_t *colon = memchr(text.data, ':', text.len);
	size_t len = colon ? (size_t)(colon - text.data) : 0;
	uint64_t number;

	if ((len != 8 && len != 32) ||
	    !read_number(slice_of(colon + 1, text.len - len - 1), 16, &number) || number > 65535)
		return false;
	remote->port = (uint16_t)number;
	remote->six = len == 32;
	for (size_t i = 0; i < len / 8; i++) {
		uint32_t word;

		if (!read_number(slice_of(text.data + 8 * i, 8), 16, &number))
			return false;
		word = (uint32_t)number;
		memcpy(remote->address + 4 * i, &word, sizeof word);
	}
	return true;
}

/* IPv4 over an IPv6 socket is IPv4. */
static void unmap(struct remote *remote)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (!remote->six || memcmp(remote->address, mapped, sizeof mapped) != 0)
		return;
	memmove(remote->address, remote->address + 12, 4);
	remote->six = false;
}

/* To this machine, or to nowhere. */
static bool is_local(const struct remote *remote)
{
	static const uint8_t none[16], loopback[16] = {[15] = 1};

	if (!remote->six)
		return remote->address[0] == 127 || memcmp(remote->address, none, 4) == 0;
	return memcmp(remote->address, loopback, 16) == 0 || memcmp(remote->address, none, 16) == 0;
}

static void print_remote(const struct remote *remote, char text[static INET6_ADDRSTRLEN + 10])
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(remote->six ? AF_INET6 : AF_INET, remote->address, address, sizeof address);
	snprintf(text, INET6_ADDRSTRLEN + 10, remote->six ? "[%s]:%u" : "%s:%u", address,
		 remote->port);
}

static bool is_own(const struct proc_net *net, struct slice text)
{
	uint64_t inode;

	if (!read_number(text, 10, &inode))
		return true;
	for (size_t i = 0; i < net->own_count; i++)
		if (net->own[i] == inode)
			return true;
	return false;
}

static void add_line(struct proc_net *net, const struct slice columns[static COLUMNS])
{
	const char *state = state_of(columns[STATE]);
	char text[INET6_ADDRSTRLEN + 10];
	struct remote remote = {0};

	if (!state || !read_remote(columns[REMOTE], &remote) || is_own(net, columns[INODE]))
		return;
	unmap(&remote);
	if (is_local(&remote))
		return;
	print_remote(&remote, text);
	if (net->except && strcmp(text, net->except) == 0)
		return;
	if (net->count++ < PROC_NET_MOST)
		bytes_addf(&net->text, "%s %s\n", text, state);
}

static bool split(struct slice line, struct slice columns[static COLUMNS])
{
	size_t n = 0;

	while (line.len > 0 && n < COLUMNS) {
		struct slice word = slice_take_until(&line, ' ');

		if (word.len > 0)
			columns[n++] = word;
	}
	return n == COLUMNS;
}

void proc_net_add(struct proc_net *net, struct slice table)
{
	struct slice columns[COLUMNS];

	while (table.len > 0)
		if (split(slice_take_until(&table, '\n'), columns))
			add_line(net, columns);
}
