/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <stdio.h>

#include "check_file.h"
#include "check_show.h"
#include "check_wrong.h"
#include "domain/url_shown.h"

static void add_exported(struct bytes *out, const struct setting *s, const struct config *config,
			 const char *const *env)
{
	static const char *const signals[] = {"TRACES_", "LOGS_", "METRICS_"};
	char from[OTLP_SIGNALS][SETTING_NAME], own[OTLP_SIGNALS][CHECK_NAME], name[SETTING_NAME];
	struct check_told told[OTLP_SIGNALS];

	setting_whole_name(s, name);
	for (unsigned i = 0; i < OTLP_SIGNALS; i++) {
		struct check_value v = {.setting = s, .config = config, .environment = env};
		bool whole;

		v.value = v.meant = setting_find_exported(s, (enum otlp_signal)i, env, from[i],
							  &whole);
		v.from = from[i];
		v.export = &config->destinations[0].export[i];
		snprintf(own[i], CHECK_NAME, "LULL_%s%s", signals[i], s->name);
		check_tell(&v, &told[i]);
	}
	check_rows(out, name, own, told);
}

static void add_plain(struct bytes *out, const struct setting *s, const struct config *config,
		      const char *const *env)
{
	struct check_value v = {.setting = s, .config = config, .environment = env};
	char name[SETTING_NAME], from[SETTING_NAME];
	struct check_told told;

	setting_whole_name(s, name);
	v.value = v.meant = setting_find(s, env, from);
	v.from = from;
	check_tell(&v, &told);
	check_row(out, name, &told);
}

/* Those of a destination hold only where LULL_CONFIG has none. */
static void add_settings(struct bytes *out, const struct config *config, const char *const *env)
{
	size_t count;
	const struct setting *table = config_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (!table[i].exported)
			add_plain(out, &table[i], config, env);
		else if (!config->destinations[0].name)
			add_exported(out, &table[i], config, env);
	}
}

static void add_destination(struct bytes *out, const struct config_destination *d)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++) {
		if (!d->export[s].endpoint)
			continue;
		bytes_addf(out, "%s%s%s go to ", d->name ? d->name : "", d->name ? ": " : "",
			   otlp_signal_name((enum otlp_signal)s));
		url_add_shown(out, d->export[s].endpoint);
		bytes_addf(out, "\n");
	}
}

static void add_destinations(struct bytes *out, const struct config *config)
{
	bytes_addf(out, "\n");
	for (unsigned i = 0; i < config->destination_count; i++)
		add_destination(out, &config->destinations[i]);
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		if (!config_takes(config, (enum otlp_signal)s))
			bytes_addf(out, "%s %s\n", otlp_signal_name((enum otlp_signal)s),
				   config->off[s] ? "are not exported: the settings say so"
						  : "go to nowhere");
}

unsigned check_config(const struct config *config, const char *const *environment,
		      struct bytes *out)
{
	unsigned wrong;

	add_settings(out, config, environment);
	check_file_show(out, config, environment);
	add_destinations(out, config);
	bytes_addf(out, "\n");
	wrong = check_wrong(config, environment, out);
	if (wrong == 0)
		bytes_addf(out, "nothing is wrong\n");
	else
		bytes_addf(out, "%u thing%s wrong\n", wrong, wrong == 1 ? " is" : "s are");
	return wrong;
}
