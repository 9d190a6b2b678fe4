/* SPDX-License-Identifier: Apache-2.0 */
#include "check_show.h"

#include <stdlib.h>

#include "domain/config_lists.h"
#include "domain/config_source.h"
#include "domain/url_shown.h"

static void add_header_name(void *ctx, struct slice key, struct slice value)
{
	struct bytes *out = ctx;

	(void)value;
	bytes_add(out, key);
	bytes_addf(out, "=... ");
}

static void add_value(struct bytes *out, const struct setting *s, const char *value)
{
	if (!value)
		bytes_addf(out, "-");
	else if (s->type == T_HEADERS)
		config_pairs(value, add_header_name, out);
	else if (s->type == T_CONFIG && config_is_inline(value))
		bytes_addf(out, "{...}");
	else if (s->type == T_ENDPOINT || s->type == T_PROXY)
		url_add_shown(out, value);
	else
		bytes_addf(out, "%s", value);
}

bool check_holds(const struct check_value *v)
{
	struct config *scratch;
	struct setting_target to;
	bool ok;

	if (!v->value || !v->meant || !(scratch = calloc(1, sizeof *scratch)))
		return false;
	scratch->destination_count = 1;
	to = (struct setting_target){.at = (char *)scratch + v->setting->offset};
	if (v->setting->exported)
		to = setting_target_of(v->setting, &scratch->destinations[0], OTLP_TRACES);
	ok = setting_parse(v->setting->type, v->meant, &to);
	config_free(scratch);
	free(scratch);
	return ok;
}

void check_show(struct bytes *out, const struct check_value *v)
{
	bool used = check_holds(v);
	const char *def = v->setting->def;
	struct bytes shown = {0};

	add_value(&shown, v->setting, used ? v->value : def);
	bytes_addf(out, "  %-28s %-40s %s%s\n", v->name,
		   bytes_cstr(&shown) ? (const char *)shown.data : "",
		   used  ? v->from
		   : def ? "the default"
			 : "not set",
		   v->value && !used ? ": what is set cannot be used" : "");
	bytes_free(&shown);
}
