/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_destination.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "domain/config_lists.h"
#include "domain/config_table.h"

void config_destination_init(struct config_destination *d)
{
	size_t count;
	const struct setting *table = config_table(&count);

	for (size_t i = 0; i < count * OTLP_SIGNALS; i++) {
		const struct setting *row = &table[i / OTLP_SIGNALS];
		enum otlp_signal signal = (enum otlp_signal)(i % OTLP_SIGNALS);
		struct setting_target to = setting_target_of(row, d, signal);

		if (row->exported && row->def)
			setting_parse(row->type, row->def, &to);
	}
}

static void free_exported(struct export_settings *export)
{
	free(export->endpoint);
	config_headers_free(export->headers);
	free(export->certificate);
	free(export->client_certificate);
	free(export->client_key);
	free(export->server_name);
}

void config_destination_free(struct config_destination *d)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		free_exported(&d->export[s]);
	free(d->name);
	*d = (struct config_destination){0};
}

uint32_t config_destination_key(const char *name)
{
	return name ? libdeflate_crc32(0, name, strlen(name)) : 0;
}

void config_destination_leave_out(struct config_destination *d, enum otlp_signal signal)
{
	free(d->export[signal].endpoint);
	d->export[signal].endpoint = NULL;
}
