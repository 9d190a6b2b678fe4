/* SPDX-License-Identifier: Apache-2.0 */
/* lull's own warnings and errors as log records: functions may have no CloudWatch. */
#ifndef SELF_LOGS_H
#define SELF_LOGS_H

#include "policy/store.h"

/* So many are kept until the next flush: the first, for they say why others came. What is beyond is
 * in the written log alone. */
#define SELF_LOGS_HELD 16

/* And so many in a life, lest a warning of an export that failed be exported, fail, and so on. */
#define SELF_LOGS_LIFE 64

/* Bytes of the text, and what ends it: a longer one is cut. */
#define SELF_LOGS_TEXT 1024

/* From now on what base/log writes of these is kept; what was before is forgotten. */
void self_logs_start(void);

/* Data is about to be exported: puts what is kept into the store, once, if anybody takes it. */
void self_logs_flush(struct store *store, struct now now);

#endif
