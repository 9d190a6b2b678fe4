/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "domain/log_stack.h"
#include "guard.h"

/* As they stand in JSON: \n and \t are two letters each. */
static void test_stacks(void **state)
{
	static const struct {
		const char *stack, *type, *message; /* NULL: none is found */
	} cases[] = {
		/* Java, .NET, Node */
		{"java.io.IOException: no\\n\\tat a.B.c(B.java:1)", "java.io.IOException", "no"},
		{"java.lang.NullPointerException\\n\\tat a.B.c(B.java:1)",
		 "java.lang.NullPointerException", ""},
		{"System.Exception: a: b\\n   at X() in x.cs:line 7", "System.Exception", "a: b"},
		{"TypeError: no\\n    at f (f.js:1:1)", "TypeError", "no"},
		{"Error\\n    at f (f.js:1:1)", "Error", ""},
		{"a::B: no", "a::B", "no"},
		{"Error: ", "Error", ""},
		/* Python: behind the frames, of the last of a chain, and however long its message is */
		{"Traceback (most recent call last):\\n  File \\\"f\\\"\\n    g()\\nValueError: no",
		 "ValueError", "no"},
		{"Traceback (most recent call last):\\n  File \\\"f\\\"\\nKeyError", "KeyError",
		 ""},
		{"Traceback (most recent call last):\\n  File\\nA: b\\n\\nDuring handling:\\n\\n"
		 "Traceback (most recent call last):\\n  File\\nC: d\\ne\\nf",
		 "C", "d"},
		/* Go's traces start with a function, and there are other texts */
		{"main.main\\n\\t/main.go:7\\nruntime.main\\n\\t/proc.go:1", NULL, NULL},
		{"Traceback (most recent call last):", NULL, NULL},
		{"Traceback (most recent call last):\\n  File", NULL, NULL},
		{"something went wrong", NULL, NULL},
		{"Error", NULL, NULL},
		{"Error\\n", NULL, NULL},
		{"Error\\n\\t", NULL, NULL},
		{"Error:no", NULL, NULL},
		{": no", NULL, NULL},
		{"7: no", NULL, NULL},
		{"", NULL, NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice type = {0}, message = {0};
		bool found = log_stack_error(guard_put(slice_str(cases[i].stack)), &type, &message);

		if (found != (cases[i].type != NULL))
			fail_msg("%s: %.*s", cases[i].stack, (int)type.len,
				 (const char *)type.data);
		if (found &&
		    (!slice_is(type, cases[i].type) || !slice_is(message, cases[i].message)))
			fail_msg("%s: %.*s, %.*s", cases[i].stack, (int)type.len,
				 (const char *)type.data, (int)message.len,
				 (const char *)message.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
