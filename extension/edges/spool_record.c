/* SPDX-License-Identifier: Apache-2.0 */
/* The block lies within one page of the page cache, so that neither kill -9 nor another reader ever
 * sees half of a writing, and all of it is on disk from the first writing on, so that a disk that
 * fills up later does not either. One that cannot be written is cut to nothing: none is better
 * than one that is not true. */
#include "edges/spool_record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "edges/spool_format.h"

_Static_assert(SPOOL_RECORD_BLOCK <= 4096, "the record must lie within one page");

#define REST 16 /* where it cannot be made, each attempt costs some system calls */

static const char magic[8] = {'l', 'u', 'l', 'l', 'r', 'e', 'c', '1'};

static uint32_t checksum_of(const uint8_t *block, uint32_t length)
{
	return spool_checksum(spool_checksum(0, slice_of(block, 12)),
			      slice_of(block + SPOOL_RECORD_HEAD, length));
}

static struct slice parse(const uint8_t *block, size_t size)
{
	struct slice none = {NULL, 0};
	uint32_t length, checksum;

	if (size < SPOOL_RECORD_HEAD || memcmp(block, magic, sizeof magic) != 0)
		return none;
	memcpy(&length, block + 8, sizeof length);
	memcpy(&checksum, block + 12, sizeof checksum);
	if (length > size - SPOOL_RECORD_HEAD || checksum != checksum_of(block, length))
		return none;
	return slice_of(block + SPOOL_RECORD_HEAD, length);
}

/* Its own name in its own folder: what else has it must go. Not so where it is the process that has
 * no descriptor or memory left. */
static int open_or_make(const struct spool_folder *folder)
{
	struct stat st;
	int fd = spool_folder_file(folder, SPOOL_RECORD_NAME, O_RDWR, &st);

	if (fd >= 0 || errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		return fd;
	if (errno != ENOENT)
		spool_folder_remove(folder, SPOOL_RECORD_NAME);
	return spool_folder_create(folder, SPOOL_RECORD_NAME, O_RDWR);
}

struct slice spool_record_open(struct spool_record_file *file, const struct spool_folder *folder)
{
	ssize_t n = 0;

	file->fd = open_or_make(folder);
	file->age = folder->age;
	file->whole = false;
	if (file->fd >= 0)
		n = pread(file->fd, file->block, sizeof file->block, 0);
	return parse(file->block, n > 0 ? (size_t)n : 0);
}

void spool_record_close(struct spool_record_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

static bool is_written(const struct spool_record_file *file, struct slice text)
{
	return file->whole && slice_equal(parse(file->block, sizeof file->block), text);
}

/* Somebody who deletes the file, or the folder, does not stop the next writing. */
static bool ready(struct spool_record_file *file, struct spool_folder *folder)
{
	struct stat st;

	if (file->fd >= 0 && file->age == folder->age && fstat(file->fd, &st) == 0 &&
	    st.st_nlink > 0)
		return true;
	spool_record_close(file);
	if (file->rest > 0) {
		file->rest--;
		return false;
	}
	if (!spool_folder_settle(folder)) {
		file->fd = open_or_make(folder);
		file->age = folder->age;
		file->whole = false;
	}
	file->rest = file->fd >= 0 ? 0 : REST;
	return file->fd >= 0;
}

void spool_record_write(struct spool_record_file *file, struct spool_folder *folder,
			struct slice text)
{
	uint32_t length = (uint32_t)text.len, checksum;
	size_t size = SPOOL_RECORD_HEAD + text.len;
	bool fits = text.len <= SPOOL_RECORD_TEXT;

	if (!ready(file, folder) || is_written(file, text))
		return;
	if (fits) {
		memcpy(file->block, magic, sizeof magic);
		memcpy(file->block + 8, &length, sizeof length);
		if (text.len > 0)
			memcpy(file->block + SPOOL_RECORD_HEAD, text.data, text.len);
		checksum = checksum_of(file->block, length);
		memcpy(file->block + 12, &checksum, sizeof checksum);
		if (!file->whole) {
			memset(file->block + size, 0, sizeof file->block - size);
			size = sizeof file->block;
		}
		file->whole = pwrite(file->fd, file->block, size, 0) == (ssize_t)size;
	}
	if ((!fits || !file->whole) && ftruncate(file->fd, 0) != 0)
		spool_record_close(file);
	file->whole = file->whole && fits;
}
