/* SPDX-License-Identifier: Apache-2.0 */
/* LULL_CORRELATE: which names are taken, and what is said of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/config.h"
#include "domain/config_read.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define EMPTY                                                                                      \
	"LULL_CORRELATE: an empty name is left out: write names such as correlationId,order.id"
#define NO_TEXT "LULL_CORRELATE: a name is left out: it is no text in UTF-8"
#define NONE(value)                                                                                \
	"LULL_CORRELATE=" value                                                                    \
	" cannot be used: write names such as correlationId,order.id; it is ignored"

static void test_names(void **state)
{
	static const struct {
		const char *value;
		const char *names;   /* with a bar behind each */
		const char *problem; /* the first; NULL: none */
	} cases[] = {
		{"", "", NULL},
		{"correlationId", "correlationId|", NULL},
		{"correlationId,order.id", "correlationId|order.id|", NULL},
		{" correlationId ,\torder.id ", "correlationId|order.id|", NULL},
		{"a,b,a, b", "a|b|", NULL},
		{"a,A", "a|A|", NULL},
		{"order id,caf\xc3\xa9", "order id|caf\xc3\xa9|", NULL},
		{"a,,b", "a|b|", EMPTY},
		{"a,", "a|", EMPTY},
		{",", "", NONE(",")},
		{" , ", "", NONE(" , ")},
		{X100, X100 "|", NULL},
		{"a," X100 "y,b", "a|b|",
		 "LULL_CORRELATE: " X10 X10 X10 "xx... is left out: a name has at most 100 bytes"},
		{X100 "y", "", NONE(X100 "y")},
		{"a,b\xff,c\x01,d\x7f", "a|", NO_TEXT},
		{"a,b,c,d,e,f,g,h", "a|b|c|d|e|f|g|h|", NULL},
		{"a,b,c,d,e,f,g,h,i,j", "a|b|c|d|e|f|g|h|",
		 "LULL_CORRELATE: i is left out: at most 8 names can be used"},
		{"a,b,c,d,e,f,g,h,a", "a|b|c|d|e|f|g|h|", NULL},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char line[300];
		const char *const environment[] = {line, NULL};
		struct bytes names = {0};
		struct config c;

		snprintf(line, sizeof line, "LULL_CORRELATE=%s", cases[i].value);
		config_read(&c, environment);
		for (unsigned k = 0; k < c.correlate_keys.count; k++) {
			bytes_add(&names, c.correlate_keys.names[k]);
			bytes_addc(&names, '|');
		}
		assert_true(slice_is(bytes_slice(&names), cases[i].names));
		assert_int_equal(c.problem_count > 0, cases[i].problem != NULL);
		if (cases[i].problem)
			assert_string_equal(c.problems[0], cases[i].problem);
		bytes_free(&names);
		config_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
