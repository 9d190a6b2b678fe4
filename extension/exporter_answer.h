/* SPDX-License-Identifier: Apache-2.0 */
/* What the answer to an export means for its batch, and what is said of it: the exporter's
 * inside. */
#ifndef EXPORTER_ANSWER_H
#define EXPORTER_ANSWER_H

#include "exporter_slot.h"

/* The slot still has the batch that the answer is for. What goes on failing in one way is said
 * once. */
struct outcome answer_outcome(struct exporter_slot *slot, const struct transfer_result *result,
			      struct now now);

/* No answer came in time, and that is a failure: said, once. Returns the pause until the next try
 * in nanoseconds. */
int64_t answer_none(struct exporter_slot *slot, struct now now);

/* What a failure for now costs, in nanoseconds, `asked` being what the backend asked for (0:
 * nothing). The random part keeps environments that failed together from coming back together. */
int64_t answer_pause(const struct exporter_slot *slot, int64_t asked, struct now now);

#endif
