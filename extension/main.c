/* SPDX-License-Identifier: Apache-2.0 */
/* lull, an AWS Lambda extension: takes logs, spans and metrics on localhost and exports them when
 * the function's handler is done. A reader goes on to agent.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "base/log.h"
#include "check.h"
#include "check_send.h"
#include "domain/config_env.h"
#include "domain/config_help.h"
#include "domain/config_read.h"
#include "domain/config_table.h"
#include "edges/last_resort.h"
#include "self_logs.h"
#include "version.h"
#include "where.h"

static void print_help(FILE *out)
{
	struct bytes settings = {0};

	config_help(&settings);
	fprintf(out,
		"lull " LULL_VERSION ", an AWS Lambda extension that exports telemetry in the lull "
		"between invocations.\n\n"
		"It is started by Lambda from /opt/extensions, not by hand: attach it as a layer, or "
		"copy it\ninto the image. The function sends OTLP to http://localhost:4318.\n\n"
		"  lull --help      this text\n"
		"  lull --check     what the settings amount to, and what is wrong with them\n"
		"  lull --check --send\n"
		"                   the same, and one test span, log record and metric to each "
		"backend:\n"
		"                   its answer, and how long each step took\n"
		"  lull --version   the version\n\n"
		"Settings are environment variables:\n%s",
		bytes_cstr(&settings) ? (const char *)settings.data : "");
	bytes_free(&settings);
}

static void print(struct bytes *text)
{
	fputs(bytes_cstr(text) ? (const char *)text->data : "", stdout);
	fflush(stdout);
	bytes_free(text);
}

/* 0 where nothing is wrong, and with `send` all was taken. */
static int check(const struct check_options *options, bool send)
{
	struct bytes text = {0};
	struct config config;
	unsigned wrong;

	config_read(&config, options->environment);
	wrong = check_config(&config, options->environment, &text);
	print(&text);
	if (send) {
		bytes_addf(&text, "\n");
		wrong += check_send(&config, options, &text);
		print(&text);
	}
	config_free(&config);
	return wrong ? 1 : 0;
}

/* Where no Lambda is there is nothing to keep content: these are for people. */
static int by_hand(int argc, char **argv, const char *folder)
{
	bool send = argc == 3 && strcmp(argv[2], "--send") == 0;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("lull " LULL_VERSION);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		print_help(stdout);
		return 0;
	}
	if ((argc == 2 || send) && strcmp(argv[1], "--check") == 0) {
		char layer[520];
		const struct check_options options = {(const char *const *)environ, layer};

		snprintf(layer, sizeof layer, "%s/..", folder);
		return check(&options, send);
	}
	print_help(stderr);
	if (argc > 1)
		fprintf(stderr,
			"\nlull: %s is not known: use --help, --check (--send) or --version\n",
			argv[argc - 1]);
	else
		fprintf(stderr, "\nlull: AWS_LAMBDA_RUNTIME_API is not set: this is not Lambda\n");
	return 2;
}

static void say_problems(const struct config *config)
{
	for (unsigned i = 0; i < config->problem_count; i++)
		log_warn("%s", config->problems[i]);
}

/* One line when all is well: what goes where. */
static void say_destinations(const struct config *config)
{
	struct bytes line = {0};

	where_add(&line, config);
	if (config_exports(config) || config_is_off(config))
		log_info(LULL_VERSION ": %s", bytes_cstr(&line) ? (const char *)line.data : "");
	else
		log_warn(
			"no backend is set: set LULL_ENDPOINT to its OTLP/HTTP URL; what is received "
			"is dropped until then");
	bytes_free(&line);
}

static void find_address(const char *runtime_api, const char *name, bool managed)
{
	while (!last_resort_init(runtime_api, name, managed)) {
		log_error("AWS_LAMBDA_RUNTIME_API=%s is no HOST:PORT that can be found; lull waits",
			  runtime_api);
		sleep(1);
	}
}

int main(int argc, char **argv)
{
	static char folder[512];
	const char *const *environment = (const char *const *)environ;
	const char *slash = strrchr(argv[0], '/');
	struct agent_options options = {.environment = environment};
	struct config config;

	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - argv[0]) : 1,
		 slash ? argv[0] : ".");
	options.runtime_api = config_env(environment, "AWS_LAMBDA_RUNTIME_API");
	if (!options.runtime_api || argc > 1)
		return by_hand(argc, argv, folder);
	last_resort_catch();
	log_set_format(setting_log_format(environment));
	options.initialization = config_env(environment, "AWS_LAMBDA_INITIALIZATION_TYPE");
	options.managed_instances = config_env_is_managed(environment);
	options.name = slash ? slash + 1 : argv[0];
	options.folder = folder;
	find_address(options.runtime_api, options.name, options.managed_instances);

	config_read(&config, environment);
	log_set_level(config.log_level);
	if (config.self_logs)
		self_logs_start();
	say_problems(&config);
	if (!config.enabled)
		last_resort_loop();
	say_destinations(&config);
	agent_run(&config, &options);
	config_free(&config);
	return 0;
}
