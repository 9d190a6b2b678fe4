/* SPDX-License-Identifier: Apache-2.0 */
/* What settings amount to that is not what they say, or where they say nothing. */
#ifndef CHECK_DERIVED_H
#define CHECK_DERIVED_H

#include "domain/config_table.h"

/* What was said of a setting; all is borrowed. */
struct check_value {
	const struct setting *setting;
	const struct config *config;
	const char *const *environment;
	const struct export_settings *export; /* of an exported one: what it became part of */
	const char *value;                    /* as it was written; NULL: none is set */
	const char *meant; /* the same with its variables; NULL: that cannot be */
	const char *from;  /* where it was found */
};

/* What holds. To be freed by check_row() or check_rows(). */
struct check_told {
	struct bytes value; /* secrets hidden */
	const char *from;
	bool refused; /* what is set cannot be used */
};

/* The value that holds, and where it came from, to `told`. `used`: one is set that can be used.
 * False, and `told` left alone, where nothing but that and the default has a say. */
bool check_derived(const struct check_value *value, bool used, struct check_told *told);

#endif
