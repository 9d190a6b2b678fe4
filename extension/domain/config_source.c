/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain/config_env.h"

bool config_is_inline(const char *value)
{
	return value[strspn(value, " \t\r\n")] == '{';
}

static const char *too_long(const struct bytes *text)
{
	return text->len <= CONFIG_FILE_LIMIT ? NULL : "it has more than 64 KB";
}

static const char *read_all(int fd, struct bytes *text)
{
	ssize_t n = 0;

	if (!bytes_reserve(text, CONFIG_FILE_LIMIT + 1))
		return "there is no memory for it";
	do {
		text->len += (size_t)n;
		n = read(fd, text->data + text->len, CONFIG_FILE_LIMIT + 1 - text->len);
	} while (n > 0);
	return n < 0 ? strerror(errno) : too_long(text);
}

static const char *read_file(const char *path, struct bytes *text)
{
	/* A pipe without a writer must not hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *why;
	struct stat st;

	if (fd < 0)
		return strerror(errno);
	why = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read_all(fd, text) : "it is no file";
	close(fd);
	return why;
}

const char *config_source(const char *value, struct bytes *text)
{
	if (!config_is_inline(value))
		return read_file(value, text);
	bytes_append(text, value, strnlen(value, CONFIG_FILE_LIMIT + 1));
	return text->failed ? "there is no memory for it" : too_long(text);
}

/* ---- Variables ---- */

/* What stands for the name between the braces; NULL where it is not set. */
static const char *value_of(struct slice name, const char *const *environment)
{
	char text[128];

	if (name.len >= sizeof text)
		return NULL;
	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	return config_env(environment, text);
}

const char *config_expand(const char *text, const char *const *environment, struct bytes *out,
			  size_t *len)
{
	const char *at;

	while ((at = strstr(text, "${"))) {
		bool literal = at > text && at[-1] == '$';
		size_t name = strcspn(at + 2, "}");
		const char *value;

		bytes_append(out, text, (size_t)(at - text) - literal);
		text = at + 2;
		if (literal || text[name] == '\0') {
			bytes_append(out, "${", 2);
			continue;
		}
		*len = name;
		value = value_of(slice_of(text, name), environment);
		if (!value)
			return text;
		bytes_append(out, value, strlen(value));
		text += name + 1;
	}
	bytes_append(out, text, strlen(text));
	return NULL;
}
