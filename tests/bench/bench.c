/* SPDX-License-Identifier: Apache-2.0 */
/* bench [--instructions] [--costs] [--long] LULL THREE_CALLS JSON [RUNS [PEER [PEER_ENV]]]:
 * measures the extension LULL beside THREE_CALLS, and PEER where it is named, and writes the
 * figures to JSON; their instructions, too, where asked for. --costs: only what start and load
 * cost, nothing of faults. --long: as many invocations as it takes to see memory grow. Started by
 * tests/bench/run. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "environment.h"
#include "figures.h"
#include "scenarios.h"
#include "share.h"

#define COUNT_FILE "build/bench/callgrind.out"
#define INSTRUCTION_RUNS 3

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

static void add_size(const char *name, const char *program, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		figures_add(name, program, (double)st.st_size / 1e6);
}

static void measure(struct bench *bench, const struct subject *subject, unsigned runs)
{
	scenario_post(bench, subject, 5 * runs);
	scenario_spans(bench, subject, runs / 2 + 1);
	scenario_logs(bench, subject, runs / 2 + 1);
	scenario_invocation(bench, subject, 5 * runs);
	scenario_held(bench, subject, runs / 8 + 1);
	if (subject->is_lull)
		scenario_first_tls(bench, subject, runs / 4 + 1);
}

/* All of it once more at the CPU share of a function of 128 MB, where the machine allows it. */
static void measure_small(struct bench *bench, const struct subject *subjects, unsigned count,
			  unsigned runs)
{
	const char *why = "";

	bench->cgroup = share_make(128, &why);
	if (!bench->cgroup) {
		figures_skip("at_128mb", why);
		return;
	}
	figures_condition("at_128mb");
	scenario_start(bench, subjects, count, runs / 2 + 1);
	for (unsigned i = 1; i < count; i++)
		measure(bench, &subjects[i], runs / 4 + 1);
	figures_condition(NULL);
	bench->cgroup = NULL;
}

/* What a function notices of the backend's faults, and of lull at all. */
static void measure_faults(struct bench *bench, const struct subject *subject, unsigned runs,
			   bool thorough)
{
	scenario_faulty_posts(bench, subject, (thorough ? 50 : 25) * runs, subject->is_lull);
	scenario_dead_backend(bench, subject, runs, thorough ? NS_PER_S : 100 * NS_PER_MS);
	scenario_dead_end(bench, subject, thorough ? 10 : 2);
	if (!subject->is_lull)
		return;
	scenario_turns(bench, subject, runs);
	scenario_lazy(bench, subject, 2 * runs);
	scenario_flat(bench, subject, thorough ? 100000 : 5000);
}

struct options {
	bool instructions, costs, thorough;
};

static struct options take_options(int *argc, char ***argv)
{
	struct options options = {0};

	for (; *argc > 1 && strncmp((*argv)[1], "--", 2) == 0; (*argc)--, (*argv)++) {
		const char *name = (*argv)[1];

		if (strcmp(name, "--instructions") == 0)
			options.instructions = true;
		else if (strcmp(name, "--costs") == 0)
			options.costs = true;
		else if (strcmp(name, "--long") == 0)
			options.thorough = true;
		else
			die("no such option: %s", name);
	}
	return options;
}

/* "" is no name, so that the caller need not leave arguments out. */
static const char *argument(int argc, char **argv, int i)
{
	return argc > i && argv[i][0] ? argv[i] : NULL;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	struct options options = take_options(&argc, &argv);
	unsigned runs, count;
	const char *peer;
	uint16_t port = free_port(), peer_port = port;
	struct subject subjects[3];

	runs = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 40;
	peer = argument(argc, argv, 5);
	count = peer ? 3 : 2;
	if (argc < 4 || runs == 0)
		die("usage: bench [OPTIONS] LULL THREE_CALLS JSON [RUNS [PEER [PEER_ENV]]]");
	signal(SIGPIPE, SIG_IGN);
	lambda_init(&bench.lambda, &bench.loop);
	subjects[0] = (struct subject){"three calls", argv[2],
				       environment_of_lull(&bench.lambda, port), 0, false};
	subjects[1] = (struct subject){"lull", argv[1], environment_of_lull(&bench.lambda, port),
				       port, true};
	if (peer) {
		char **lines = environment_of_peer(&bench.lambda, argument(argc, argv, 6),
						   &peer_port);

		subjects[2] = (struct subject){"peer", peer, lines, peer_port, false};
	}
	add_size("layer_x86_64.size_mb", "lull", "build/lull-x86_64.zip");
	add_size("layer_arm64.size_mb", "lull", "build/lull-arm64.zip");
	scenario_start(&bench, subjects, count, runs);
	scenario_post_bare(&bench, 5 * runs);
	scenario_bare(&bench, runs / 2 + 1);
	for (unsigned i = 1; i < count; i++) {
		add_size("binary.size_mb", subjects[i].name, subjects[i].path);
		measure(&bench, &subjects[i], runs);
		if (!options.costs)
			measure_faults(&bench, &subjects[i], runs, options.thorough);
	}
	scenario_join(runs);
	measure_small(&bench, subjects, count, runs);
	if (options.instructions)
		scenario_instructions(&bench, &subjects[0], &subjects[1], COUNT_FILE,
				      INSTRUCTION_RUNS);
	figures_write(argv[3]);
	return 0;
}
