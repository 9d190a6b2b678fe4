/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/baggage.h"

#include <string.h>

#include "base/utf8.h"
#include "domain/config_lists.h"

/* Up to `end`, which is moved past. */
static struct slice take_until(struct slice *rest, char end)
{
	const uint8_t *at = rest->len > 0 ? memchr(rest->data, end, rest->len) : NULL;
	size_t len = at ? (size_t)(at - rest->data) : rest->len;
	struct slice taken = slice_of(rest->data, len);

	len += at ? 1 : 0;
	*rest = slice_of(rest->data + len, rest->len - len);
	return taken;
}

bool baggage_next(struct slice *rest, struct slice *key, struct slice *value)
{
	while (rest->len > 0) {
		struct slice member = take_until(rest, ',');
		struct slice pair = take_until(&member, ';');
		size_t whole = pair.len;

		*key = take_until(&pair, '=');
		*value = slice_trim(pair);
		if (key->len < whole && slice_trim(*key).len > 0) {
			*key = slice_trim(*key);
			return true;
		}
	}
	return false;
}

static bool is_text(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < ' ')
			return false;
	return utf8_valid(s);
}

bool baggage_decode(struct slice value, struct bytes *out)
{
	bytes_add(out, value);
	if (out->failed || out->len == 0 || !config_percent_decode((char *)out->data, &out->len))
		return false;
	return is_text(bytes_slice(out));
}
