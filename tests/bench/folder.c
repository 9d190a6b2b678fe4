/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "loop.h"

#define PATTERN "build/bench/files.XXXXXX"

static char parent[PATH_MAX], path[PATH_MAX + 8];

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(name);
}

void folder_remove(const char *name)
{
	nftw(name, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void folder_clear(void)
{
	if (path[0])
		folder_remove(path);
}

static void remove_all(void)
{
	folder_clear();
	rmdir(parent);
}

const char *folder_path(void)
{
	char made[] = PATTERN;

	if (path[0])
		return path;
	if (!mkdtemp(made) || !realpath(made, parent))
		die("cannot make a folder under build/bench");
	snprintf(path, sizeof path, "%s/lull", parent);
	atexit(remove_all);
	return path;
}
