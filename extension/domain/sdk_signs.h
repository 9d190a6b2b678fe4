/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_SDK_SIGNS_H
#define DOMAIN_SDK_SIGNS_H

#include <stdbool.h>

/* Do the function's variables ("NAME=value", NULL-terminated) say that an SDK of OpenTelemetry is
 * at work, whether or not it sends anything? lull itself reads some of OTEL_*: those alone say
 * nothing. */
bool sdk_signs_in(const char *const *environment);

/* Which spans would an SDK with these variables send? */
struct sdk_spans {
	bool expected;  /* some of each request, but for those that the header leaves out */
	bool by_header; /* none of a request whose X-Ray header says Sampled=0, if it reads that */
};

/* None where it is disabled, or its traces exporter is another than OTLP's. */
struct sdk_spans sdk_spans_in(const char *const *environment);

#endif
