/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "environment.h"
#include "figures.h"
#include "folder.h"
#include "scenarios.h"
#include "tls.h"

#define LINES 3
#define AUTHORITIES "build/bench/authorities.pem"
#define FOLDER "build/bench/authorities"

/* As the layer has them: a file each, named by the hash of its subject. */
static void write_folder(void)
{
	FILE *all = fopen(AUTHORITIES, "re");
	X509 *c;

	folder_remove(FOLDER);
	if (!all || mkdir(FOLDER, 0700) != 0)
		die("cannot make " FOLDER);
	while ((c = PEM_read_X509(all, NULL, NULL, NULL))) {
		char path[128];
		FILE *one;

		snprintf(path, sizeof path, FOLDER "/%08lx.0", X509_subject_name_hash(c));
		one = fopen(path, "wxe");
		if (!one || !PEM_write_X509(one, c) || fclose(one) != 0)
			die("cannot write %s", path);
		X509_free(c);
	}
	fclose(all);
}

/* Connecting ahead, and the first invocation: until then nothing of TLS was there. */
static void first_export(struct bench *bench, const struct subject *subject, const char *name)
{
	struct spans spans = spans_make(3);
	struct http_client client;
	int64_t before, held;

	bench_begin(bench, subject);
	before = bench->lambda.next_cpu;
	program_wait_idle(&bench->program);
	http_connect(&client, &bench->loop, subject->otlp_port);
	lambda_invoke(&bench->lambda);
	bench_post(bench, &client, &spans);
	held = bench_handler_ends(bench, LINES);
	figures_add("first_tls.cpu_ms", name,
		    (double)(program_cpu(&bench->program) - before) / NS_PER_MS);
	figures_add("first_tls.done_to_next_ms", name, (double)held / NS_PER_MS);
	http_close(&client);
	bench_end(bench);
	free(spans.data);
}

void scenario_first_tls(struct bench *bench, const struct subject *subject, unsigned runs)
{
	struct subject with_tls = *subject;
	struct tls tls;
	char url[64];

	tls_start(&tls, AUTHORITIES, true);
	write_folder();
	snprintf(url, sizeof url, "LULL_ENDPOINT=https://127.0.0.1:%u", tls.port);
	with_tls.environment = environment_with(subject->environment, url,
						"LULL_CERTIFICATE=" FOLDER, "LULL_FLUSH_BUDGET=10s",
						NULL);
	for (unsigned run = 0; run < runs; run++)
		first_export(bench, &with_tls, subject->name);
	if (*tls.posts < 2 * runs)
		die("%s exported %u times by TLS", subject->name, *tls.posts);
	environment_free(with_tls.environment);
	folder_remove(FOLDER);
	tls_stop(&tls, AUTHORITIES);
}
