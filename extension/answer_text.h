/* SPDX-License-Identifier: Apache-2.0 */
/* An answer to an export in words. */
#ifndef ANSWER_TEXT_H
#define ANSWER_TEXT_H

#include "domain/config.h"
#include "edges/transfer_result.h"

/* Does it say that the items were taken? */
bool answer_is_success(const struct transfer_result *result);

/* "status 503: ", "RESOURCE_EXHAUSTED: ", or "" where none came. Returns `text`. */
#define ANSWER_STATUS 32
const char *answer_status(const struct transfer_result *result, char text[static ANSWER_STATUS]);

/* What was said, as it may be repeated: what those settings keep secret is hidden, and so much of
 * it at most. In `text`, which is {0} before and to be freed. */
#define ANSWER_WORDS 300
const char *answer_words(const struct export_settings *settings, struct slice message,
			 struct bytes *text);

#endif
