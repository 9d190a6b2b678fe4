/* SPDX-License-Identifier: Apache-2.0 */
/* Which name is meant by one that is none. */
#ifndef DOMAIN_CONFIG_NAMES_H
#define DOMAIN_CONFIG_NAMES_H

#include "base/bytes.h"

/* How many letters have to be put in, taken away, changed, or swapped with their neighbour to make
 * one of the other (optimal string alignment), in any case of letters. Beyond CONFIG_NAME letters
 * names are compared by their beginnings. */
#define CONFIG_NAME 64
unsigned config_distance(struct slice a, struct slice b);

#endif
