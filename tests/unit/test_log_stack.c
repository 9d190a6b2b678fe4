/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "domain/log_stack.h"
#include "guard.h"

static void check(bool found, const char *text, struct slice type, struct slice message,
		  const char *const expected[2])
{
	if (found != (expected[0] != NULL))
		fail_msg("%s: %.*s", text, (int)type.len, (const char *)type.data);
	if (found && (!slice_is(type, expected[0]) || !slice_is(message, expected[1])))
		fail_msg("%s: %.*s, %.*s", text, (int)type.len, (const char *)type.data,
			 (int)message.len, (const char *)message.data);
}

static void test_texts(void **state)
{
	static const struct {
		const char *text, *found[2]; /* NULL: none is found */
	} cases[] = {
		/* Java, .NET, Node: above the first frame, whatever is above that */
		{"java.io.IOException: no\n\tat a.B.c(B.java:1)", {"java.io.IOException", "no"}},
		{"failed\njava.lang.NullPointerException\n\tat a.B.c(B.java:1)\nCaused by: x: y",
		 {"java.lang.NullPointerException", ""}},
		{"failed\r\nSystem.Exception: a: b\r\n   at X() in x.cs:line 7",
		 {"System.Exception", "a: b"}},
		{"failed\nSystem.Exception: a: b\n   at X() in x.cs:line 7",
		 {"System.Exception", "a: b"}},
		{"TypeError: no\r    at f (f.js:1:1)", {"TypeError", "no"}},
		{"Error\n    at f (f.js:1:1)", {"Error", ""}},
		{"a::B: no\n  at x", {"a::B", "no"}},
		/* Python: behind the frames, of the last of a chain, and however long its message
		 * is */
		{"Traceback (most recent call last):\n  File \"f\"\n    g()\nValueError: no",
		 {"ValueError", "no"}},
		{"failed\nTraceback (most recent call last):\n  File \"f\"\nKeyError",
		 {"KeyError", ""}},
		{"Traceback (most recent call last):\n  File\nA: b\n\nDuring handling:\n\n"
		 "Traceback (most recent call last):\n  File\nC: d\ne\nf",
		 {"C", "d"}},
		/* as Lambda's runtime has it */
		{"ValueError: no\nTraceback (most recent call last):\n  File \"f\"\n    g()",
		 {"ValueError", "no"}},
		/* Ruby, before 3.4 and since */
		{"no: order (ArgumentError)\nf.rb:7:in `take'\nf.rb:9:in `<main>'",
		 {"ArgumentError", "no: order"}},
		{"failed\nno (Shop::NoOrder)\nf.rb:7:in 'Shop.take'", {"Shop::NoOrder", "no"}},
		{" (E)\nf.rb:7:in 'x'", {"E", ""}},
		{"no (ArgumentError)\nf.rb:7", {NULL, NULL}},
		{"no (error)\nf.rb:7:in 'x'", {NULL, NULL}},
		{"no ()\nf.rb:7:in 'x'", {NULL, NULL}},
		{"(E)\nf.rb:7:in 'x'", {NULL, NULL}},
		{"no E)\nf.rb:7:in 'x'", {NULL, NULL}},
		{"no (E\nf.rb:7:in 'x'", {NULL, NULL}},
		{"f.rb:7:in 'x'", {NULL, NULL}},
		{"a\n:in 'x", {NULL, NULL}},
		/* a line that is none, Go's traces, and no trace at all */
		{"it failed\n    at f (f.js:1:1)", {NULL, NULL}},
		{"\n    at f (f.js:1:1)", {NULL, NULL}},
		{"    at f (f.js:1:1)", {NULL, NULL}},
		{"main.main\n\t/main.go:7\nruntime.main\n\t/proc.go:1", {NULL, NULL}},
		{"Traceback (most recent call last):", {NULL, NULL}},
		{"Traceback (most recent call last):\n  File", {NULL, NULL}},
		{"Error: no", {NULL, NULL}},
		{"Note: look\n  and see", {NULL, NULL}},
		{"", {NULL, NULL}},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice type = {0}, message = {0};
		bool found = log_stack_error(guard_put(slice_str(cases[i].text)), &type, &message);

		check(found, cases[i].text, type, message, cases[i].found);
	}
}

static void test_lines(void **state)
{
	static const struct {
		const char *line, *found[2];
	} cases[] = {
		{"Error: no", {"Error", "no"}},
		{"Error: ", {"Error", ""}},
		{"a.B$C: d: e", {"a.B$C", "d: e"}},
		{"Error", {NULL, NULL}},
		{"Error:", {NULL, NULL}},
		{"Error:no", {NULL, NULL}},
		{": no", {NULL, NULL}},
		{"7: no", {NULL, NULL}},
		{"it went: wrong", {NULL, NULL}},
		{"", {NULL, NULL}},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice type = {0}, message = {0};
		bool found = log_stack_line(guard_put(slice_str(cases[i].line)), &type, &message);

		check(found, cases[i].line, type, message, cases[i].found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
