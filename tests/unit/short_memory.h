/* SPDX-License-Identifier: Apache-2.0 */
/* Makes one allocation fail. All of struct bytes grows by realloc, which the Makefile wraps. */
#ifndef TESTS_UNIT_SHORT_MEMORY_H
#define TESTS_UNIT_SHORT_MEMORY_H

#include <stddef.h>

/* The how-manieth realloc from now on fails, once: 1 is the next; 0: none. */
extern int short_memory_at;

#endif
