/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_SDK_SIGNS_H
#define DOMAIN_SDK_SIGNS_H

#include <stdbool.h>

/* Do the function's variables ("NAME=value", NULL-terminated) say that an SDK of OpenTelemetry is at
 * work, whether or not it sends anything? lull itself reads some of OTEL_*: those alone say nothing. */
bool sdk_signs_in(const char *const *environment);

#endif
