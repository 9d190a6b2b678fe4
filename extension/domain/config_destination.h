/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_CONFIG_DESTINATION_H
#define DOMAIN_CONFIG_DESTINATION_H

#include "domain/config.h"

/* {0} gets the defaults of the table for each signal. */
void config_destination_init(struct config_destination *destination);
void config_destination_free(struct config_destination *destination);

/* What stands for a destination's name (NULL: it has none) in files and in the books of other
 * lives. Names of one LULL_CONFIG have different ones: domain/config_file.c sees to it. */
uint32_t config_destination_key(const char *name);

/* Nothing of that signal goes there. */
void config_destination_leave_out(struct config_destination *destination, enum otlp_signal signal);

#endif
