/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's random numbers: two environments restored from one snapshot get different ones. */
#ifndef EDGES_RANDOM_H
#define EDGES_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills `bytes`. */
void random_bytes(uint8_t *bytes, size_t size);

/* A UUID of version 4 (RFC 9562) as text, terminated. */
#define RANDOM_UUID 37
void random_uuid(char uuid[static RANDOM_UUID]);

#endif
