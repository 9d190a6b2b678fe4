/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "domain/config_table.h"

/* In lines of what is left of 100 columns, under each other. */
static void help_text(struct bytes *out, const char *text)
{
	const size_t width = 61;

	while (strlen(text) > width) {
		size_t len = width;

		while (len > 1 && text[len] != ' ')
			len--;
		bytes_addf(out, "%.*s\n%39s", (int)len, text, "");
		text += len + 1;
	}
	bytes_addf(out, "%s\n", text);
}

/* Their names in a row: "A, B and C". */
static void help_exported(struct bytes *out, const struct setting *table, size_t count)
{
	const char *before = NULL, *between = "";

	for (size_t i = 0; i < count; i++) {
		if (!table[i].exported)
			continue;
		bytes_addf(out, "%s%s", before ? between : "", before ? before : "");
		between = before ? ", " : "";
		before = table[i].name;
	}
	bytes_addf(out, " and %s", before);
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
		help_text(out, s->help);
	}
	help_exported(out, table, count);
	bytes_addf(out, " also exist for one signal alone\n(LULL_TRACES_ENDPOINT, "
			"LULL_LOGS_HEADERS, ...; an endpoint is then the whole URL), and where no\n"
			"LULL_ one is set the same of OTEL_EXPORTER_OTLP_ holds.\n");
}
