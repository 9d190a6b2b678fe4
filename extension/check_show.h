/* SPDX-License-Identifier: Apache-2.0 */
/* Settings as `lull --check` shows them. */
#ifndef CHECK_SHOW_H
#define CHECK_SHOW_H

#include "check_derived.h"

/* Is one set that can be used? */
bool check_holds(const struct check_value *value);

/* The value that holds: the one that is set if it can be used, else the default, or what the other
 * settings make of it. */
void check_tell(const struct check_value *value, struct check_told *told);

/* Appends it in columns; "set" where it came from that name itself. */
void check_row(struct bytes *out, const char *name, struct check_told *told);

/* One row where it is the same for all signals, else one for each. `own` is how those are
 * called. */
#define CHECK_NAME (SETTING_NAME + 16)
void check_rows(struct bytes *out, const char *name, const char own[OTLP_SIGNALS][CHECK_NAME],
		struct check_told told[OTLP_SIGNALS]);

#endif
