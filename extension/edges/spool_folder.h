/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of the spool and what is in it, by names relative to its descriptor: nobody can put
 * another folder in between. Nothing that lies there is followed, waited for or believed. */
#ifndef EDGES_SPOOL_FOLDER_H
#define EDGES_SPOOL_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define SPOOL_RECORD_NAME "record" /* the one file that is no batch */

struct spool_folder {
	char *path;   /* without a slash at its end, behind which a link would be followed */
	int fd;       /* -1: none */
	unsigned age; /* how often it was opened: another one, another number */
};

/* Makes it where it is not there and opens it, locked: of two processes the second is refused.
 * NULL, or why not, for people: a constant or strerror()'s. */
const char *spool_folder_open(struct spool_folder *folder);

/* Opens it anew, made again if need be, where its path no longer leads to what is open. */
const char *spool_folder_settle(struct spool_folder *folder);

void spool_folder_close(struct spool_folder *folder);

/* Opens a file that is there: regular, of our user, with one name. A descriptor, or -1: errno is 0
 * where it is something else. */
int spool_folder_file(const struct spool_folder *folder, const char *name, int flags,
		      struct stat *st);

/* Makes a file that was not there, mode 0600, for writing (and, with O_RDWR, reading). -1 with
 * errno. */
int spool_folder_create(const struct spool_folder *folder, const char *name, int flags);

/* All the bytes as that new file, complete or not at all, never in place of another; `temporary` is
 * its name until it is complete. `parts` is used up. False with errno. */
bool spool_folder_put(const struct spool_folder *folder, const char *temporary, const char *name,
		      struct iovec *parts, size_t count);

/* Is there anything of that name? */
bool spool_folder_has(const struct spool_folder *folder, const char *name);

/* Takes a name away, whatever it is of (but a folder). */
void spool_folder_remove(const struct spool_folder *folder, const char *name);

#endif
