/* SPDX-License-Identifier: Apache-2.0 */
#include "share.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Microseconds. Short, so that a start of 3 ms feels the share; a kernel refuses quotas below 1
 * ms. */
#define PERIOD 20000

static char group[128], procs[160];

static bool put(const char *folder, const char *file, const char *text)
{
	char path[192];
	bool ok;
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}

static void remove_group(void)
{
	rmdir(group);
}

static bool set_quota(unsigned quota)
{
	char v2[64], v1[32], period[32];

	snprintf(v2, sizeof v2, "%u %u", quota, PERIOD);
	snprintf(v1, sizeof v1, "%u", quota);
	snprintf(period, sizeof period, "%u", PERIOD);
	return put(group, "cpu.max", v2) ||
	       (put(group, "cpu.cfs_period_us", period) && put(group, "cpu.cfs_quota_us", v1));
}

/* Version 1 has a hierarchy for the CPU, version 2 one for all. */
const char *share_make(unsigned megabytes, const char **why)
{
	static const char *const roots[] = {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup"};
	unsigned quota = megabytes * PERIOD / 1769;

	for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
		put(roots[i], "cgroup.subtree_control", "+cpu");
		snprintf(group, sizeof group, "%s/lull-bench-%d", roots[i], getpid());
		if (mkdir(group, 0755) != 0)
			continue;
		if (set_quota(quota)) {
			atexit(remove_group);
			snprintf(procs, sizeof procs, "%s/cgroup.procs", group);
			return procs;
		}
		rmdir(group);
	}
	*why = "no control group with a CPU quota can be made here (it takes root)";
	return NULL;
}
