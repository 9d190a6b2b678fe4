/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/timestamp.h"

#include <ctype.h>
#include <string.h>

#include "base/now.h"

/* Exactly `digits` digits, moved past. */
static bool number(struct slice *s, size_t digits, int64_t *value)
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

static bool one_of(struct slice *s, const char *chars, char *found)
{
	for (; s->len > 0 && *chars; chars++) {
		if (s->data[0] == (uint8_t)*chars) {
			*found = *chars;
			*s = slice_of(s->data + 1, s->len - 1);
			return true;
		}
	}
	return false;
}

/* Days from 1970-01-01 in the Gregorian calendar, years starting in March. */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int64_t days_in(int64_t year, int64_t month)
{
	return month == 12 ? 31 : days(year, month + 1, 1) - days(year, month, 1);
}

/* None at all, or a point with digits behind it. */
static bool fraction(struct slice *s, int64_t *nanos)
{
	int64_t scale = NS_PER_S / 10;
	char point;

	*nanos = 0;
	if (!one_of(s, ".,", &point))
		return true;
	if (s->len == 0 || !isdigit(s->data[0]))
		return false;
	while (s->len > 0 && isdigit(s->data[0])) {
		*nanos += (s->data[0] - '0') * scale;
		scale /= 10;
		*s = slice_of(s->data + 1, s->len - 1);
	}
	return true;
}

/* Seconds east of UTC, where they are told. */
static bool offset(struct slice *s, int64_t *seconds, bool *told)
{
	int64_t hours, minutes = 0;
	char sign, colon;

	*seconds = 0;
	*told = one_of(s, "Zz", &sign);
	if (*told || !one_of(s, "+-", &sign))
		return true;
	*told = true;
	if (!number(s, 2, &hours))
		return false;
	if ((one_of(s, ":", &colon) || (s->len > 0 && isdigit(s->data[0]))) &&
	    !number(s, 2, &minutes))
		return false;
	*seconds = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
	return hours < 24 && minutes < 60;
}

/* 63 bits of nanoseconds end in 2262: there are readers that have a sign. */
static bool in_range(int64_t seconds)
{
	return seconds >= 0 && seconds <= INT64_MAX / NS_PER_S - 1;
}

/* `*told`: is there an offset? */
static bool scan(struct slice *text, uint64_t *unix_nano, bool *told)
{
	struct slice s = *text;
	int64_t year, month, day, hour, minute, second, nanos, east, total;
	char c, separator;

	if (!number(&s, 4, &year) || !one_of(&s, "-/", &separator) || !number(&s, 2, &month) ||
	    !one_of(&s, "-/", &c) || c != separator || !number(&s, 2, &day) ||
	    !one_of(&s, "Tt ", &c) || !number(&s, 2, &hour) || !one_of(&s, ":", &c) ||
	    !number(&s, 2, &minute) || !one_of(&s, ":", &c) || !number(&s, 2, &second))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 ||
	    minute > 59 || second > 60)
		return false;
	if (!fraction(&s, &nanos) || !offset(&s, &east, told))
		return false;
	total = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second - east;
	if (!in_range(total))
		return false;
	*unix_nano = (uint64_t)(total * NS_PER_S + nanos);
	*text = s;
	return true;
}

bool timestamp_scan(struct slice *text, uint64_t *unix_nano)
{
	bool told;

	return scan(text, unix_nano, &told);
}

/* What Java writes behind an offset: "[Europe/Berlin]", or three letters and more alone. */
static bool is_zone(struct slice s)
{
	static const char marks[] = {'/', '_', '+', '-', ':'};
	bool in_brackets = s.len > 2 && s.data[0] == '[' && s.data[s.len - 1] == ']';

	if (in_brackets)
		s = slice_of(s.data + 1, s.len - 2);
	for (size_t i = 0; i < s.len; i++)
		if (!isalpha(s.data[i]) &&
		    !(in_brackets &&
		      (isdigit(s.data[i]) || memchr(marks, s.data[i], sizeof marks))))
			return false;
	return in_brackets || s.len >= 3;
}

bool timestamp_parse(struct slice text, uint64_t *unix_nano)
{
	struct slice s = slice_trim(text);
	uint64_t nanos;
	bool told;

	if (!scan(&s, &nanos, &told) || (s.len > 0 && !(told && is_zone(s))))
		return false;
	*unix_nano = nanos;
	return true;
}

bool timestamp_number(struct slice text, uint64_t *unix_nano)
{
	/* How many of the unit are a second, by the magnitude: all mean this century. */
	static const struct {
		int64_t below, second;
	} units[] = {
		{100000000000, 1},
		{100000000000000, 1000},
		{100000000000000000, 1000000},
		{INT64_MAX, 1000000000},
	};
	int64_t value = 0, nanos;
	size_t i = 0;

	for (; text.len > 0 && text.len <= 64 && isdigit(text.data[0]); i++) {
		if (i > 17 && (i > 18 || value >= INT64_MAX / 10))
			return false;
		value = value * 10 + (text.data[0] - '0');
		text = slice_of(text.data + 1, text.len - 1);
	}
	/* Before September 2001 it is no time but a number of something. */
	if (value < 1000000000 || !fraction(&text, &nanos) || text.len > 0)
		return false;
	for (i = 0; i < 3 && value >= units[i].below; i++)
		;
	/* Three centuries after 1970 there is no room for nanoseconds. */
	if (value / units[i].second > INT64_MAX / NS_PER_S)
		return false;
	*unix_nano = (uint64_t)(value / units[i].second) * (uint64_t)NS_PER_S +
		     (uint64_t)(value % units[i].second * (NS_PER_S / units[i].second) +
				nanos / units[i].second);
	return true;
}
