/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/severity.h"

#include <ctype.h>
#include <string.h>

#define LEVEL(name, number)                                                                        \
	{                                                                                          \
		name, sizeof(name) - 1, OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_##number            \
	}

static const struct {
	const char *name;
	size_t len;
	Otlp__SeverityNumber number;
} levels[] = {
	LEVEL("TRACE", TRACE),
	LEVEL("DEBUG", DEBUG),
	LEVEL("INFO", INFO),
	LEVEL("WARN", WARN),
	LEVEL("ERROR", ERROR),
	LEVEL("FATAL", FATAL),
	LEVEL("WARNING", WARN),
	LEVEL("CRITICAL", FATAL),
	LEVEL("ALL", TRACE),
	/* .NET: its names, and those of its console, which Lambda's runtime writes */
	LEVEL("INFORMATION", INFO),
	LEVEL("TRCE", TRACE),
	LEVEL("DBUG", DEBUG),
	LEVEL("FAIL", ERROR),
	LEVEL("CRIT", FATAL),
	/* Serilog's lowest is winston's below http */
	LEVEL("VERBOSE", DEBUG2),
	/* winston */
	LEVEL("HTTP", DEBUG3),
	LEVEL("SILLY", TRACE),
	/* zap, and syslog's names */
	LEVEL("NOTICE", INFO2),
	LEVEL("ERR", ERROR),
	LEVEL("DPANIC", ERROR2),
	LEVEL("PANIC", ERROR3),
	LEVEL("ALERT", ERROR3),
	LEVEL("EMERG", FATAL),
	LEVEL("EMERGENCY", FATAL),
	/* java.util.logging */
	LEVEL("SEVERE", ERROR),
	LEVEL("CONFIG", DEBUG3),
	LEVEL("FINE", DEBUG2),
	LEVEL("FINER", DEBUG),
	LEVEL("FINEST", TRACE),
	/* loguru */
	LEVEL("SUCCESS", INFO2),
};

#define STEPPED 6 /* the first ones exist with a digit too: DEBUG2, and with a distance: DEBUG-4 */

static Otlp__SeverityNumber within(int64_t number)
{
	const int64_t least = OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_TRACE;
	const int64_t most = OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_FATAL4;

	return (Otlp__SeverityNumber)(number < least ? least : number > most ? most : number);
}

/* What stands behind one of the first names, with which it is another level; or UNSPECIFIED. */
static Otlp__SeverityNumber stepped(Otlp__SeverityNumber number, struct slice rest)
{
	int64_t by = 0;

	if (rest.len == 1 && rest.data[0] >= '2' && rest.data[0] <= '4')
		return number + (rest.data[0] - '1');
	if (rest.len < 2 || rest.len > 3 || (rest.data[0] != '+' && rest.data[0] != '-'))
		return OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_UNSPECIFIED;
	for (size_t i = 1; i < rest.len; i++) {
		if (!isdigit(rest.data[i]))
			return OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_UNSPECIFIED;
		by = by * 10 + (rest.data[i] - '0');
	}
	return within(rest.data[0] == '-' ? number - by : number + by);
}

Otlp__SeverityNumber severity_parse(struct slice name)
{
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		size_t len = levels[i].len;

		if (name.len < len || (name.len > len && i >= STEPPED) ||
		    strncasecmp((const char *)name.data, levels[i].name, len) != 0)
			continue;
		if (name.len == len)
			return levels[i].number;
		if (isalpha(name.data[len]))
			continue;
		return stepped(levels[i].number, slice_of(name.data + len, name.len - len));
	}
	return OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_UNSPECIFIED;
}

Otlp__SeverityNumber severity_number(struct slice number)
{
	static const Otlp__SeverityNumber syslog[] = {
		OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_FATAL,
		OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_ERROR3,
		OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_ERROR2,
		OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_ERROR,
		OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_WARN,
		OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_INFO2,
		OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_INFO,
		OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_DEBUG,
	};
	unsigned value;

	for (size_t i = 0; i < number.len; i++)
		if (!isdigit(number.data[i]))
			return OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_UNSPECIFIED;
	if (number.len == 1 && number.data[0] < '8')
		return syslog[number.data[0] - '0'];
	if (number.len != 2 || number.data[0] < '1' || number.data[0] > '6')
		return OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_UNSPECIFIED;
	/* Ten of theirs are four of ours; what is between them keeps its place. */
	value = (unsigned)((number.data[0] - '0') * 10 + (number.data[1] - '0'));
	return OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_TRACE + (value - 10) * 4 / 10;
}
