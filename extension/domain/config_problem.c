/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/config_problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void config_problem(struct config *c, const char *fmt, ...)
{
	va_list ap;
	char *text;
	bool said;

	va_start(ap, fmt);
	said = vasprintf(&text, fmt, ap) < 0;
	va_end(ap);
	if (said)
		return;
	/* What is wrong for all signals comes up for each, and is said once. */
	for (unsigned i = 0; i < c->problem_count; i++)
		said |= strcmp(c->problems[i], text) == 0;
	if (said || c->problem_count == CONFIG_PROBLEMS)
		free(text);
	else
		c->problems[c->problem_count++] = text;
}
