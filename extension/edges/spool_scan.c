/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/spool_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "edges/spool_format.h"

/* The file's head, where that and the file are what the name and each other say. */
static bool read_head(const struct spool_folder *folder, const char *name, uint64_t number,
		      struct spool_head *head)
{
	uint8_t bytes[SPOOL_HEAD];
	struct stat st;
	ssize_t n;
	int fd = spool_folder_file(folder, name, O_RDONLY, &st);

	if (fd < 0)
		return false;
	n = pread(fd, bytes, sizeof bytes, 0);
	close(fd);
	return n == (ssize_t)sizeof bytes && spool_head_read(slice_of(bytes, sizeof bytes), head) &&
	       head->batch.number == number && st.st_size >= 0 &&
	       head->batch.bytes == (size_t)st.st_size;
}

static unsigned number_of(const struct spool_keys *known, uint32_t key)
{
	unsigned n = 0;

	while (n < known->count && known->keys[n] != key)
		n++;
	return n;
}

static bool take_up(const struct spool_folder *folder, const struct dirent *entry,
		    const struct spool_keys *known, struct spool_index *index)
{
	struct spool_head head;
	uint64_t number;

	/* Nothing else is even opened: that has effects of its own on a FIFO or a device. */
	if (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN)
		return false;
	if (!spool_name_parse(entry->d_name, ".batch", &number) ||
	    !read_head(folder, entry->d_name, number, &head) || !spool_index_reserve(index))
		return false;
	head.batch.destination = number_of(known, head.batch.key);
	spool_index_add(index, &head.batch);
	return true;
}

static bool is_own(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       strcmp(name, SPOOL_RECORD_NAME) == 0;
}

struct spool_found spool_scan(const struct spool_folder *folder, const struct spool_keys *known,
			      struct spool_index *index)
{
	struct spool_found found = {.all = false};
	size_t names = 0, files = 0;
	const struct dirent *entry;
	uint64_t number;
	/* A description of its own: closing the stream leaves the folder's alone. */
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return found;
	}
	while (names < SPOOL_SCAN_NAMES && files < SPOOL_SCAN_FILES) {
		entry = readdir(dir);
		found.all = !entry;
		if (!entry)
			break;
		names++;
		if (is_own(entry->d_name))
			continue;
		if (spool_name_parse(entry->d_name, ".new", &number)) {
			files++;
			spool_folder_remove(folder, entry->d_name);
			continue;
		}
		files += spool_name_parse(entry->d_name, ".batch", &number);
		found.passed += !take_up(folder, entry, known, index);
	}
	closedir(dir);
	spool_index_sort(index);
	return found;
}
