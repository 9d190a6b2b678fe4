/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_correlate.h"

#include "base/utf8.h"
#include "domain/config_lists.h"
#include "domain/config_problem.h"

#define SHOWN 32 /* so much of a name that is too long is said */

static bool is_text(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < ' ' || name.data[i] == 0x7f)
			return false;
	return utf8_valid(name);
}

static bool is_key(struct slice name)
{
	return name.len > 0 && name.len <= OTLP_KEY_LENGTH && is_text(name);
}

bool config_correlate_has_key(const char *text)
{
	struct slice name;

	while (config_list_next(&text, &name))
		if (is_key(slice_trim(name)))
			return true;
	return false;
}

static void refuse(struct config *config, struct slice name)
{
	if (name.len == 0)
		config_problem(config, "LULL_CORRELATE: an empty name is left out: write names "
				       "such as correlationId,order.id");
	else if (!is_text(name))
		config_problem(config,
			       "LULL_CORRELATE: a name is left out: it is no text in UTF-8");
	else
		config_problem(config,
			       "LULL_CORRELATE: %.*s... is left out: a name has at most %d bytes",
			       SHOWN, (const char *)name.data, OTLP_KEY_LENGTH);
}

static bool is_in(const struct otlp_keys *keys, struct slice name)
{
	for (unsigned i = 0; i < keys->count; i++)
		if (slice_equal(keys->names[i], name))
			return true;
	return false;
}

void config_correlate_settle(struct config *config)
{
	struct otlp_keys *keys = &config->correlate_keys;
	const char *text = config->correlate;
	struct slice name;

	while (config_list_next(&text, &name)) {
		name = slice_trim(name);
		if (!is_key(name))
			refuse(config, name);
		else if (is_in(keys, name))
			continue;
		else if (keys->count < OTLP_KEYS)
			otlp_keys_add(keys, name);
		else
			config_problem(config,
				       "LULL_CORRELATE: %.*s is left out: at most %d names can be "
				       "used",
				       (int)name.len, (const char *)name.data, OTLP_KEYS);
	}
}
