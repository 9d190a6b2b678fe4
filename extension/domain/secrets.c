/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/secrets.h"

#include <string.h>

#include "domain/config_lists.h"
#include "domain/config_own.h"
#include "domain/url_shown.h"

static void hide(struct bytes *text, struct slice secret)
{
	struct bytes out = {0};
	struct slice rest = bytes_slice(text);
	const uint8_t *at;

	if (secret.len < SECRETS_SHORTEST || !slice_find(rest, secret))
		return;
	while ((at = slice_find(rest, secret))) {
		bytes_append(&out, rest.data, (size_t)(at - rest.data));
		bytes_append(&out, "***", 3);
		rest.len -= (size_t)(at - rest.data) + secret.len;
		rest.data = at + secret.len;
	}
	bytes_add(&out, rest);
	/* Rather no text than one with a secret. */
	bytes_free(text);
	if (out.failed)
		bytes_free(&out);
	*text = out;
}

static void hide_header(struct bytes *text, const char *line)
{
	const char *value = strstr(line, ": ");
	const char *last;

	if (!value)
		return;
	value += 2;
	hide(text, slice_str(value));
	last = strrchr(value, ' ');
	if (last)
		hide(text, slice_str(last + 1));
}

/* As it is written, and as it is meant. */
static void hide_part(struct bytes *text, struct slice part)
{
	struct bytes plain = {0};

	hide(text, part);
	bytes_add(&plain, part);
	if (!plain.failed && plain.data && config_percent_decode((char *)plain.data, &plain.len))
		hide(text, bytes_slice(&plain));
	bytes_free(&plain);
}

static void hide_user(struct bytes *text, const char *url)
{
	const char *start = config_authority(url), *end = url_shown(url);
	const char *colon;
	size_t len;

	if (end == start)
		return;
	len = (size_t)(end - 1 - start);
	hide_part(text, slice_of(start, len));
	colon = memchr(start, ':', len);
	if (colon)
		hide_part(text, slice_of(colon + 1, len - (size_t)(colon + 1 - start)));
	/* And what it falls into where one of these was not written as %XX: curl has then taken the
	 * first part for a host, and names it where it finds none. */
	for (const char *at = start; at < end; at += len + 1) {
		len = strcspn(at, ":/?#@");
		hide_part(text, slice_of(at, len));
	}
}

void secrets_hide(const struct export_settings *settings, struct bytes *text)
{
	if (!text->data)
		return;
	for (char *const *line = settings->headers; line && *line; line++)
		hide_header(text, *line);
	if (settings->endpoint)
		hide_user(text, settings->endpoint);
}
