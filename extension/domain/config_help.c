/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_help.h"

#include <stdio.h>
#include <string.h>

#include "domain/config_table.h"

/* In lines of that width, which end at column 100. */
static void help_text(struct bytes *out, const char *text, size_t width)
{
	int indent = 100 - (int)width;

	while (strlen(text) > width) {
		size_t len = width;

		while (len > 1 && text[len] != ' ')
			len--;
		bytes_addf(out, "%.*s\n%*s", (int)len, text, indent, "");
		text += len + 1;
	}
	bytes_addf(out, "%s\n", text);
}

/* Their names in a row, "A, B and C", and what is to be said of them. */
static void help_exported(struct bytes *out, const struct setting *table, size_t count)
{
	const char *before = NULL, *between = "";
	struct bytes text = {0};

	for (size_t i = 0; i < count; i++) {
		if (!table[i].exported)
			continue;
		bytes_addf(&text, "%s%s", before ? between : "", before ? before : "");
		between = before ? ", " : "";
		before = table[i].name;
	}
	bytes_addf(
		&text,
		" and %s also exist for one signal alone (LULL_TRACES_ENDPOINT, "
		"LULL_LOGS_HEADERS, ...; an endpoint for HTTP is then the whole URL). Where no "
		"LULL_ one is set the same of OTEL_EXPORTER_OTLP_ holds; but its PROTOCOL and "
		"INSECURE only where the endpoint is its too, as else they tell how the function "
		"speaks to lull.",
		before);
	help_text(out, bytes_cstr(&text) ? (const char *)text.data : "", 100);
	bytes_free(&text);
}

void config_help(struct bytes *out)
{
	size_t count;
	const struct setting *table = config_table(&count);

	for (size_t i = 0; i < count; i++) {
		const struct setting *s = &table[i];
		char name[SETTING_NAME];

		setting_whole_name(s, name);
		bytes_addf(out, "  %-26s %-9s ", name, s->def ? s->def : "");
		/* Names that are not ours may be too long for their column. */
		if (strlen(name) > 26)
			bytes_addf(out, "\n%39s", "");
		help_text(out, s->help, 61);
	}
	help_exported(out, table, count);
}
