/* SPDX-License-Identifier: Apache-2.0 */
#include "check_show.h"

#include <stdlib.h>
#include <string.h>

#include "domain/config_lists.h"
#include "domain/config_read.h"
#include "domain/config_source.h"
#include "domain/url_shown.h"

/* ---- What holds ---- */

static void add_header_name(void *ctx, struct slice key, struct slice value)
{
	struct bytes *out = ctx;

	(void)value;
	bytes_addf(out, "%s", out->len ? " " : "");
	bytes_add(out, key);
	bytes_addf(out, "=...");
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

void check_tell(const struct check_value *v, struct check_told *told)
{
	bool used = check_holds(v);
	const char *def = v->setting->def;

	*told = (struct check_told){.refused = v->value && !used};
	if (check_derived(v, used, told))
		return;
	add_value(&told->value, v->setting, used ? v->value : def);
	told->from = used ? v->from : def ? "the default" : "not set";
}

/* ---- In columns ---- */

#define NAME_WIDTH 31
#define VALUE_WIDTH 36

/* What is too long for its column has a line of its own, so that the others stay where they are. */
static void add_cell(struct bytes *out, const char *text, size_t width, size_t indent)
{
	if (strlen(text) > width)
		bytes_addf(out, "%s\n%*s", text, (int)indent, "");
	else
		bytes_addf(out, "%-*s ", (int)width, text);
}

void check_row(struct bytes *out, const char *name, struct check_told *told)
{
	const char *value = bytes_cstr(&told->value) ? (const char *)told->value.data : "";

	bytes_addf(out, "  ");
	add_cell(out, name, NAME_WIDTH, 2 + NAME_WIDTH + 1);
	add_cell(out, value, VALUE_WIDTH, 2 + NAME_WIDTH + 1 + VALUE_WIDTH + 1);
	bytes_addf(out, "%s%s\n", strcmp(told->from, name) == 0 ? "set" : told->from,
		   told->refused ? ": what is set cannot be used" : "");
	bytes_free(&told->value);
}

static bool same(const struct check_told *a, const struct check_told *b)
{
	return strcmp(a->from, b->from) == 0 && a->refused == b->refused &&
	       slice_equal(bytes_slice(&a->value), bytes_slice(&b->value));
}

void check_rows(struct bytes *out, const char *name, const char own[OTLP_SIGNALS][CHECK_NAME],
		struct check_told told[OTLP_SIGNALS])
{
	bool alike = same(&told[0], &told[1]) && same(&told[0], &told[2]);

	_Static_assert(OTLP_SIGNALS == 3, "all are compared");
	if (alike)
		check_row(out, name, &told[0]);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		if (!alike)
			check_row(out, own[s], &told[s]);
		bytes_free(&told[s].value);
	}
}
