/* SPDX-License-Identifier: Apache-2.0 */
/* The books that lull prints at its end. */
#ifndef BENCH_LEDGER_H
#define BENCH_LEDGER_H

#include <stdint.h>

/* How many items the line {"lull_ledger": ...} in that output does not account for, all signals
 * together: received + inherited against exported + dropped + held + spooled, and the spans that
 * were posted against those received. Ends the benchmark where there is no such line. */
uint64_t ledger_uncounted(const char *output, uint64_t spans_posted);

#endif
