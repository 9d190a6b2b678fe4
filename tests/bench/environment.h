/* SPDX-License-Identifier: Apache-2.0 */
/* What a program that is measured finds in its environment. */
#ifndef BENCH_ENVIRONMENT_H
#define BENCH_ENVIRONMENT_H

#include "lambda.h"

/* What Lambda gives an extension, and lull's settings: that port for OTLP/HTTP, a folder of its
 * own, and an export at the end of every invocation. The result is NULL-terminated and lives as
 * long as the benchmark. */
char **environment_of_lull(const struct lambda *lambda, uint16_t otlp_port);

/* What Lambda gives an extension, and the lines NAME=value of `file` (NULL: none); empty lines and
 * those that begin with # do not count. @ENDPOINT@ in a value becomes the backend's URL, @PORT@
 * `*otlp_port`. Where no line has @PORT@, `*otlp_port` becomes 4318, where SDKs send by default. */
char **environment_of_peer(const struct lambda *lambda, const char *file, uint16_t *otlp_port);

/* A copy of `lines` with these lines NAME=value, each instead of one with its name; ended by
 * NULL. */
char **environment_with(char *const *lines, ...) __attribute__((sentinel));
void environment_free(char **lines); /* of environment_with() */

#endif
