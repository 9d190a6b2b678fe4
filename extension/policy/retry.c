/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/retry.h"

#include "base/now.h"

#define LONGEST_PAUSE (30 * NS_PER_S)

enum verdict retry_verdict(const struct answer *answer)
{
	unsigned status = answer->status;

	if (status >= 200 && status < 300)
		return VERDICT_EXPORTED;
	switch (status) {
	case 0:   /* no connection, no answer, or garbage */
	case 401: /* not permanent: keys are rotated, secrets corrected */
	case 403:
	case 408:
	case 429:
	case 502:
	case 503:
	case 504:
		return VERDICT_LATER;
	case 413:
		return answer->items > 1 ? VERDICT_HALVE : VERDICT_REFUSED;
	case 400:
		return answer->members > 1 ? VERDICT_SINGLY : VERDICT_REFUSED;
	default:
		/* "All other 4xx or 5xx response status codes MUST NOT be retried." */
		return VERDICT_REFUSED;
	}
}

int64_t retry_pause(unsigned failures)
{
	int64_t pause = NS_PER_S;

	while (failures-- > 1 && pause < LONGEST_PAUSE)
		pause *= 2;
	return pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE;
}
