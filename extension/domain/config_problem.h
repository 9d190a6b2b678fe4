/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_CONFIG_PROBLEM_H
#define DOMAIN_CONFIG_PROBLEM_H

#include "domain/config.h"

/* One line more of what is wrong, for people: what, and what to do. What is there already, or
 * beyond CONFIG_PROBLEMS, is left out. */
void config_problem(struct config *config, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
