/* SPDX-License-Identifier: Apache-2.0 */
/* A setting as `lull --check` shows it. */
#ifndef CHECK_SHOW_H
#define CHECK_SHOW_H

#include "domain/config_table.h"

struct check_value {
	const char *name;
	const struct setting *setting;
	const char *value; /* as it was written; NULL: none is set */
	const char *meant; /* the same with its variables; NULL: that cannot be */
	const char *from;  /* where it was found */
};

/* Is one set that can be used? */
bool check_holds(const struct check_value *value);

/* Appends its name, the value that holds, secrets hidden, and where that came from: the default's place
 * where none is set, or none that can be used. */
void check_show(struct bytes *out, const struct check_value *value);

#endif
