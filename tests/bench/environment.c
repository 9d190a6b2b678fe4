/* SPDX-License-Identifier: Apache-2.0 */
#include "environment.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"

#define MAX_LINES 128
#define DEFAULT_PORT 4318

struct lines {
	char *line[MAX_LINES + 1];
	size_t count;
};

__attribute__((format(printf, 2, 3))) static void add(struct lines *lines, const char *fmt, ...)
{
	va_list ap;
	int len;

	if (lines->count == MAX_LINES)
		die("more than %d variables", MAX_LINES);
	va_start(ap, fmt);
	len = vasprintf(&lines->line[lines->count++], fmt, ap);
	va_end(ap);
	if (len < 0)
		die("no memory");
}

static struct lines *lines_of_lambda(const struct lambda *lambda)
{
	static const char *const fixed[] = {
		"PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TZ=:UTC",
		"LANG=en_US.UTF-8",
		"AWS_REGION=eu-central-1",
		"AWS_LAMBDA_FUNCTION_NAME=bench",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
	};
	struct lines *lines = calloc(1, sizeof *lines);

	if (!lines)
		die("no memory");
	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
		add(lines, "%s", fixed[i]);
	add(lines, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:%u", lambda->api.port);
	return lines;
}

char **environment_of_lull(const struct lambda *lambda, uint16_t otlp_port)
{
	struct lines *lines = lines_of_lambda(lambda);

	add(lines, "LULL_ENDPOINT=http://127.0.0.1:%u", lambda->sink.port);
	add(lines, "LULL_HTTP_PORT=%u", otlp_port);
	add(lines, "LULL_SPOOL_FOLDER=%s", folder_path());
	add(lines, "LULL_FLUSH=end");
	/* Its books are to name the spans that were posted, and no others. */
	add(lines, "LULL_INVOCATION_SPANS=never");
	return lines->line;
}

/* Puts `line` where one with its name is, or at the end. */
static void put(struct lines *lines, const char *line)
{
	size_t name = (size_t)(strchr(line, '=') + 1 - line);

	for (size_t i = 0; i < lines->count; i++) {
		if (strncmp(lines->line[i], line, name) != 0)
			continue;
		free(lines->line[i]);
		lines->line[i] = lines->line[--lines->count];
		lines->line[lines->count] = NULL;
		break;
	}
	add(lines, "%s", line);
}

char **environment_with(char *const *lines, ...)
{
	struct lines *made = calloc(1, sizeof *made);
	const char *line;
	va_list ap;

	if (!made)
		die("no memory");
	for (; *lines; lines++)
		add(made, "%s", *lines);
	va_start(ap, lines);
	while ((line = va_arg(ap, const char *)))
		put(made, line);
	va_end(ap);
	return made->line;
}

void environment_free(char **lines)
{
	for (size_t i = 0; lines[i]; i++)
		free(lines[i]);
	free(lines); /* the first member of its struct lines */
}

/* A copy of `text` with every `from` replaced; frees `text`. */
static char *replace(char *text, const char *from, const char *to)
{
	char *found;

	while ((found = strstr(text, from))) {
		char *made;

		if (asprintf(&made, "%.*s%s%s", (int)(found - text), text, to,
			     found + strlen(from)) < 0)
			die("no memory");
		free(text);
		text = made;
	}
	return text;
}

static void add_file(struct lines *lines, const char *path, const char *endpoint, const char *port,
		     bool *has_port)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;

	if (!file)
		die("cannot read %s: %s", path, strerror(errno));
	for (; getline(&line, &cap, file) > 0; line = NULL, cap = 0) {
		line[strcspn(line, "\r\n")] = 0;
		if (line[0] == 0 || line[0] == '#')
			continue;
		if (!strchr(line, '='))
			die("%s: no NAME=value: %s", path, line);
		*has_port = *has_port || strstr(line, "@PORT@");
		line = replace(line, "@ENDPOINT@", endpoint);
		line = replace(line, "@PORT@", port);
		add(lines, "%s", line);
		free(line);
	}
	free(line);
	fclose(file);
}

char **environment_of_peer(const struct lambda *lambda, const char *file, uint16_t *otlp_port)
{
	struct lines *lines = lines_of_lambda(lambda);
	char endpoint[64], port[16];
	bool has_port = false;

	snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", lambda->sink.port);
	snprintf(port, sizeof port, "%u", *otlp_port);
	if (file)
		add_file(lines, file, endpoint, port, &has_port);
	if (!has_port)
		*otlp_port = DEFAULT_PORT;
	return lines->line;
}
