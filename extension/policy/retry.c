/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/retry.h"

#include <string.h>
#include <strings.h>

#define FIRST_PAUSE (NS_PER_S / 4)
#define LONGEST_PAUSE (30 * NS_PER_S)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- What an answer means ---- */

static bool says(struct slice message, const char *words)
{
	size_t len = strlen(words);

	for (; message.len >= len; message = slice_of(message.data + 1, message.len - 1))
		if (strncasecmp((const char *)message.data, words, len) == 0)
			return true;
	return false;
}

static bool says_one_of(struct slice message, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (says(message, words[i]))
			return true;
	return false;
}

/* How servers that have no 413 put it: Go's http.MaxBytesReader ("http: request body too large"),
 * gRPC behind a gateway ("received message larger than max"), and what backends write
 * themselves. */
static bool says_too_large(struct slice message)
{
	static const char *const words[] = {"too large", "too big", "larger than max", "exceeds"};

	return says_one_of(message, words, COUNT(words));
}

static enum verdict smaller(const struct answer *answer)
{
	return answer->items > 1 ? VERDICT_HALVE : VERDICT_REFUSED;
}

/* ---- HTTP ---- */

static bool too_large(const struct answer *answer)
{
	return answer->status == 413 || ((answer->status == 400 || answer->status == 500) &&
					 says_too_large(answer->message));
}

static enum verdict http_verdict(const struct answer *answer)
{
	unsigned status = answer->status;

	if (status >= 200 && status < 300)
		return VERDICT_EXPORTED;
	if (too_large(answer))
		return smaller(answer);
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

/* ---- gRPC ---- */

/* A quota has no such words: gRPC's own for a message over the server's limit, in Go and C ("larger
 * than max"), Java ("exceeds maximum size") and Rust ("too large", as OUT_OF_RANGE). */
static bool grpc_too_large(const struct answer *answer)
{
	static const char *const words[] = {"larger than max", "exceeds maximum", "too large"};

	if (answer->status == 413)
		return true;
	if (answer->code != GRPC_RESOURCE_EXHAUSTED && answer->code != GRPC_OUT_OF_RANGE &&
	    answer->code != GRPC_INVALID_ARGUMENT)
		return false;
	return !answer->retry_info && says_one_of(answer->message, words, COUNT(words));
}

static enum verdict grpc_verdict(const struct answer *answer)
{
	static const enum verdict verdicts[GRPC_CODES] = {
		[GRPC_OK] = VERDICT_EXPORTED,
		[GRPC_CANCELLED] = VERDICT_LATER,
		[GRPC_UNKNOWN] = VERDICT_REFUSED,
		[GRPC_INVALID_ARGUMENT] = VERDICT_SINGLY,
		[GRPC_DEADLINE_EXCEEDED] = VERDICT_LATER,
		[GRPC_NOT_FOUND] = VERDICT_REFUSED,
		[GRPC_ALREADY_EXISTS] = VERDICT_REFUSED,
		[GRPC_PERMISSION_DENIED] = VERDICT_LATER, /* as 403 */
		[GRPC_RESOURCE_EXHAUSTED] = VERDICT_REFUSED,
		[GRPC_FAILED_PRECONDITION] = VERDICT_REFUSED,
		[GRPC_ABORTED] = VERDICT_LATER,
		[GRPC_OUT_OF_RANGE] = VERDICT_LATER,
		[GRPC_UNIMPLEMENTED] = VERDICT_OFF, /* as 404 */
		[GRPC_INTERNAL] = VERDICT_REFUSED,
		[GRPC_UNAVAILABLE] = VERDICT_LATER,
		[GRPC_DATA_LOSS] = VERDICT_LATER,
		[GRPC_UNAUTHENTICATED] = VERDICT_LATER, /* as 401 */
	};
	enum verdict verdict = verdicts[answer->code];

	if (grpc_too_large(answer))
		return smaller(answer);
	/* "Only if the server signals that the recovery is possible." */
	if (answer->code == GRPC_RESOURCE_EXHAUSTED && answer->retry_info)
		return VERDICT_LATER;
	if (verdict == VERDICT_SINGLY && answer->members == 1)
		return VERDICT_REFUSED;
	return verdict;
}

enum verdict retry_verdict(const struct answer *answer)
{
	return answer->is_grpc ? grpc_verdict(answer) : http_verdict(answer);
}

bool retry_maybe_taken(const struct answer *answer)
{
	if (answer->status == 502 || answer->status == 504)
		return true;
	return answer->is_grpc &&
	       (answer->code == GRPC_CANCELLED || answer->code == GRPC_DEADLINE_EXCEEDED ||
		answer->code == GRPC_DATA_LOSS);
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
