/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_OTLP_COUNT_H
#define TESTS_UNIT_OTLP_COUNT_H

#include "wire/otlp.h"

/* The items of a request, one by one: otlp_check() counts in another way. */
size_t otlp_count(enum otlp_signal signal, struct slice request);

#endif
