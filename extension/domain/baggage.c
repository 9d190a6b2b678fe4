/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/baggage.h"

#include "base/utf8.h"
#include "domain/config_lists.h"

bool baggage_next(struct slice *rest, struct slice *key, struct slice *value)
{
	while (rest->len > 0) {
		struct slice member = slice_take_until(rest, ',');
		struct slice pair = slice_take_until(&member, ';');
		size_t whole = pair.len;

		*key = slice_take_until(&pair, '=');
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
