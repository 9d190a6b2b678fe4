/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/retry.h"

#include <string.h>
#include <strings.h>

#define FIRST_PAUSE (NS_PER_S / 4)
#define LONGEST_PAUSE (30 * NS_PER_S)

/* ---- What an answer means ---- */

static bool says(struct slice message, const char *words)
{
	size_t len = strlen(words);

	for (; message.len >= len; message = slice_of(message.data + 1, message.len - 1))
		if (strncasecmp((const char *)message.data, words, len) == 0)
			return true;
	return false;
}

/* How servers that have no 413 put it: Go's http.MaxBytesReader ("http: request body too large"),
 * gRPC behind a gateway ("received message larger than max"), and what backends write themselves. */
static bool says_too_large(struct slice message)
{
	static const char *const words[] = {"too large", "too big", "larger than max", "exceeds"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (says(message, words[i]))
			return true;
	return false;
}

static bool too_large(const struct answer *answer)
{
	return answer->status == 413 || ((answer->status == 400 || answer->status == 500) &&
					 says_too_large(answer->message));
}

enum verdict retry_verdict(const struct answer *answer)
{
	unsigned status = answer->status;

	if (status >= 200 && status < 300)
		return VERDICT_EXPORTED;
	if (too_large(answer))
		return answer->items > 1 ? VERDICT_HALVE : VERDICT_REFUSED;
	switch (status) {
	case 0:   /* no connection, no answer, or garbage */
	case 401: /* not permanent: keys are rotated, secrets corrected */
	case 403:
	case 408: /* of a request that a freeze has made too slow */
	case 429:
	case 502:
	case 503:
	case 504:
		return VERDICT_LATER;
	case 400:
		return answer->members > 1 ? VERDICT_SINGLY : VERDICT_REFUSED;
	case 404:
		return VERDICT_OFF;
	default:
		/* "All other 4xx or 5xx response status codes MUST NOT be retried." */
		return VERDICT_REFUSED;
	}
}

bool retry_maybe_taken(unsigned status)
{
	return status == 502 || status == 504;
}

/* ---- When to try again ---- */

static int64_t backoff(unsigned failures, uint32_t random)
{
	int64_t pause = FIRST_PAUSE;
	uint64_t half_us;

	while (failures-- > 1 && pause < LONGEST_PAUSE)
		pause *= 2;
	if (pause > LONGEST_PAUSE)
		pause = LONGEST_PAUSE;
	/* In microseconds: of nanoseconds the product would not fit. */
	half_us = (uint64_t)pause / 2 / 1000;
	return pause / 2 + (int64_t)(half_us * random >> 32) * 1000;
}

int64_t retry_pause(int64_t asked, unsigned failures, uint32_t random)
{
	/* "At once", or a time that is over by our clock, is no leave to ask without end. */
	if (asked <= 0)
		return backoff(failures, random);
	return asked < RETRY_LONGEST_ASKED ? asked : RETRY_LONGEST_ASKED;
}
