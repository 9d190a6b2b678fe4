/* SPDX-License-Identifier: Apache-2.0 */
#include "where.h"

#include "domain/url_shown.h"

/* What goes there. */
static void add_destination(struct bytes *out, const struct config_destination *d)
{
	const char *comma = "";

	if (d->name)
		bytes_addf(out, "%s: ", d->name);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		if (!d->export[s].endpoint)
			continue;
		bytes_addf(out, "%s%s to ", comma, otlp_signal_name((enum otlp_signal)s));
		url_add_shown(out, d->export[s].endpoint);
		comma = ", ";
	}
}

void where_add(struct bytes *out, const struct config *config)
{
	size_t start = out->len;

	for (unsigned i = 0; i < config->destination_count; i++) {
		bytes_addf(out, "%s", i ? "; " : "");
		add_destination(out, &config->destinations[i]);
	}
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		if (!config_takes(config, (enum otlp_signal)s))
			bytes_addf(out, "%s%s %s", out->len > start ? ", " : "",
				   otlp_signal_name((enum otlp_signal)s),
				   config->off[s] ? "off" : "to nowhere");
}
