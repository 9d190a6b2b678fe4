/* SPDX-License-Identifier: Apache-2.0 */
/* bench LULL THREE_CALLS JSON [RUNS] [start]: measures the extension LULL beside THREE_CALLS and
 * writes the figures to JSON. With "start" only what has to do with the start. Started by
 * tests/bench/run. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "figures.h"
#include "scenarios.h"

/* A port that is free now; the program that gets it binds it milliseconds later. */
static uint16_t free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&address, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		die("no free port");
	close(fd);
	return ntohs(address.sin_port);
}

static char *setting(const char *name, const char *format, unsigned port)
{
	char value[64];
	char *line;

	snprintf(value, sizeof value, format, port);
	if (asprintf(&line, "%s=%s", name, value) < 0)
		die("no memory");
	return line;
}

/* What Lambda gives an extension, and the settings. */
static char **environment(const struct lambda *lambda, uint16_t otlp_port)
{
	static const char *const fixed[] = {
		"PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TZ=:UTC",
		"LANG=en_US.UTF-8",
		"AWS_REGION=eu-central-1",
		"AWS_LAMBDA_FUNCTION_NAME=bench",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
	};
	size_t count = sizeof fixed / sizeof fixed[0];
	char **lines = calloc(count + 4, sizeof *lines);

	if (!lines)
		die("no memory");
	for (size_t i = 0; i < count; i++)
		lines[i] = strdup(fixed[i]);
	lines[count] = setting("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:%u", lambda->api.port);
	lines[count + 1] = setting("LULL_ENDPOINT", "http://127.0.0.1:%u", lambda->sink.port);
	lines[count + 2] = setting("LULL_HTTP_PORT", "%u", otlp_port);
	return lines;
}

static void add_size(const char *name, const char *program, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		figures_add(name, program, (double)st.st_size / 1e6);
}

int main(int argc, char **argv)
{
	static struct bench bench;
	unsigned runs = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 40;
	bool all = argc <= 5 || strcmp(argv[5], "start") != 0;
	struct subject subjects[2];
	uint16_t port = free_port();

	if (argc < 4 || runs == 0)
		die("usage: bench LULL THREE_CALLS JSON [RUNS] [start]");
	signal(SIGPIPE, SIG_IGN);
	lambda_init(&bench.lambda, &bench.loop);
	subjects[0] = (struct subject){"three calls", argv[2], environment(&bench.lambda, port), 0};
	subjects[1] = (struct subject){"lull", argv[1], environment(&bench.lambda, port), port};
	add_size("binary.size_mb", "lull", argv[1]);
	add_size("layer_x86_64.size_mb", "lull", "build/lull-x86_64.zip");
	add_size("layer_arm64.size_mb", "lull", "build/lull-arm64.zip");
	scenario_start(&bench, subjects, 2, runs);
	if (all) {
		scenario_start_small(&bench, subjects, 2, runs / 2 + 1);
		scenario_post(&bench, &subjects[1], 5 * runs);
		scenario_spans(&bench, &subjects[1], runs / 2 + 1);
		scenario_invocation(&bench, &subjects[1], 5 * runs);
	}
	figures_write(argv[3]);
	return 0;
}
