/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/retry.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

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

int64_t retry_pause(unsigned failures, uint32_t random)
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

/* `digits` digits, moved past. */
static bool take_number(struct slice *s, size_t digits, int *value)
{
	*value = 0;
	if (s->len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (!isdigit(s->data[i]))
			return false;
		*value = *value * 10 + (s->data[i] - '0');
	}
	*s = slice_of(s->data + digits, s->len - digits);
	return true;
}

/* One of the names, of which the first `len` letters are written (0: all), moved past. */
static bool take_name(struct slice *s, const char *const *names, int count, size_t len, int *which)
{
	for (int i = 0; i < count; i++) {
		size_t n = len ? len : strlen(names[i]);

		if (s->len < n || memcmp(s->data, names[i], n) != 0)
			continue;
		*s = slice_of(s->data + n, s->len - n);
		*which = i;
		return true;
	}
	return false;
}

/* The year within fifty of this one that ends in those two digits (RFC 9110, section 5.6.7). */
static int full_year(int two_digits, struct now now)
{
	time_t seconds = now.real / NS_PER_S;
	struct tm today;
	int year;

	if (!gmtime_r(&seconds, &today))
		return two_digits;
	year = today.tm_year - today.tm_year % 100 + two_digits;
	if (year > today.tm_year + 50)
		return year - 100;
	return year < today.tm_year - 50 ? year + 100 : year;
}

static bool take_field(char field, struct slice *s, struct now now, struct tm *tm)
{
	static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
					   "Thursday", "Friday", "Saturday"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int n;

	switch (field) {
	case 'a':
		return take_name(s, days, 7, 3, &n);
	case 'A':
		return take_name(s, days, 7, 0, &n);
	case 'b':
		return take_name(s, months, 12, 3, &tm->tm_mon);
	case 'e': /* padded by a space */
		if (s->len == 0 || s->data[0] != ' ')
			return take_number(s, 2, &tm->tm_mday);
		*s = slice_of(s->data + 1, s->len - 1);
		return take_number(s, 1, &tm->tm_mday);
	case 'd':
		return take_number(s, 2, &tm->tm_mday);
	case 'H':
		return take_number(s, 2, &tm->tm_hour);
	case 'M':
		return take_number(s, 2, &tm->tm_min);
	case 'S':
		return take_number(s, 2, &tm->tm_sec);
	case 'y':
		if (!take_number(s, 2, &n))
			return false;
		tm->tm_year = full_year(n, now);
		return true;
	default: /* 'Y' */
		if (!take_number(s, 4, &n))
			return false;
		tm->tm_year = n - 1900;
		return true;
	}
}

/* The whole value by one format, whose fields are strptime's. Not strptime itself, which takes more
 * than HTTP has, and in every libc something else. */
static bool parse_date(struct slice s, const char *format, struct now now, int64_t *seconds)
{
	struct tm tm = {0}, normal;

	for (; *format; format++) {
		if (*format == '%') {
			if (!take_field(*++format, &s, now, &tm))
				return false;
			continue;
		}
		if (s.len == 0 || s.data[0] != (uint8_t)*format)
			return false;
		s = slice_of(s.data + 1, s.len - 1);
	}
	/* A second of 60 is a leap second. */
	if (s.len > 0 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return false;
	normal = tm;
	normal.tm_hour = normal.tm_min = normal.tm_sec = 0;
	*seconds = timegm(&normal) + (tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec;
	/* No 31 June, which would be in July. */
	return normal.tm_mon == tm.tm_mon;
}

static bool is_number(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isdigit(s.data[i]))
			return false;
	return s.len > 0;
}

/* More than is of interest counts as RETRY_AFTER_LONGEST, so that nothing can overflow. */
static int64_t after_seconds(struct slice digits)
{
	int64_t longest = RETRY_AFTER_LONGEST / NS_PER_S, seconds = 0;

	for (size_t i = 0; i < digits.len && seconds < longest; i++)
		seconds = seconds * 10 + (digits.data[i] - '0');
	return (seconds < longest ? seconds : longest) * NS_PER_S;
}

static int64_t until(int64_t seconds, struct now now)
{
	int64_t left, today = now.real / NS_PER_S;

	if (seconds < today)
		return 0;
	if (seconds > today + RETRY_AFTER_LONGEST / NS_PER_S)
		return RETRY_AFTER_LONGEST;
	left = seconds * NS_PER_S - now.real;
	return left > 0 ? left : 0;
}

int64_t retry_after(struct slice value, struct now now)
{
	/* RFC 9110, section 5.6.7: IMF-fixdate, and two that are obsolete and must be read. */
	static const char *const formats[] = {
		"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %e %H:%M:%S %Y",
	};
	struct slice s = slice_trim(value);
	int64_t seconds;

	if (is_number(s))
		return after_seconds(s);
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (parse_date(s, formats[i], now, &seconds))
			return until(seconds, now);
	return -1;
}
