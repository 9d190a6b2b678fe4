/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/proc_read.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edges/proc_net.h"

/* A function has 1,024 descriptors, and a line of the table is 150 bytes, or 180 with IPv6. */
#define TABLE_LIMIT ((size_t)256 << 10)
#define OWN_SOCKETS 256

/* Appends at most `limit` bytes. */
static void read_file(const char *path, size_t limit, struct bytes *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 1;

	while (fd >= 0 && got > 0 && out->len < limit && bytes_reserve(out, 4096)) {
		got = read(fd, out->data + out->len, 4096);
		out->len += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
}

static size_t own_sockets(uint64_t own[static OWN_SOCKETS])
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	size_t n = 0;

	while (folder && n < OWN_SOCKETS && (entry = readdir(folder))) {
		char target[64] = "";
		ssize_t len = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);

		if (len > 0 && strncmp(target, "socket:[", 8) == 0)
			own[n++] = strtoull(target + 8, NULL, 10);
	}
	if (folder)
		closedir(folder);
	return n;
}

void proc_connections(const char *except, struct bytes *out)
{
	static const char *const tables[] = {"/proc/self/net/tcp", "/proc/self/net/tcp6"};
	uint64_t own[OWN_SOCKETS];
	struct proc_net net = {.own = own, .own_count = own_sockets(own), .except = except};

	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		struct bytes table = {0};

		read_file(tables[i], TABLE_LIMIT, &table);
		proc_net_add(&net, bytes_slice(&table));
		bytes_free(&table);
	}
	bytes_add(out, bytes_slice(&net.text));
	if (net.count > PROC_NET_MOST)
		bytes_addf(out, "and %u more\n", net.count - PROC_NET_MOST);
	bytes_free(&net.text);
}

static uint64_t kilobytes(struct slice text, const char *name)
{
	const uint8_t *at = slice_find(text, slice_str(name));

	/* Terminated by the caller. */
	return at ? strtoull((const char *)at + slice_str(name).len, NULL, 10) : 0;
}

uint64_t proc_memory_used(void)
{
	struct bytes text = {0};
	uint64_t total = 0, free = 0;

	read_file("/proc/meminfo", 4096, &text);
	if (bytes_cstr(&text)) {
		total = kilobytes(bytes_slice(&text), "MemTotal:");
		free = kilobytes(bytes_slice(&text), "MemAvailable:");
	}
	bytes_free(&text);
	return total > free ? (total - free) << 10 : 0;
}
