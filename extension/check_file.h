/* SPDX-License-Identifier: Apache-2.0 */
/* The destinations of LULL_CONFIG as `lull --check` shows them. */
#ifndef CHECK_FILE_H
#define CHECK_FILE_H

#include "domain/config.h"

/* Appends for each destination with a name all its settings, as the file has them: ${NAME}
 * stays. */
void check_file_show(struct bytes *out, const struct config *config,
		     const char *const *environment);

#endif
