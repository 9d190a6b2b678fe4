/* SPDX-License-Identifier: Apache-2.0 */
/* Two environments restored from one snapshot: processes that go on from the same memory and, what
 * OpenSSL would notice, under the same number. Each is number 1 of a namespace of its own, as its
 * parent is, which takes root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <openssl/rand.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edges/transfer_random.h"

#define NUMBER 16

/* A child that is number 1 of a new namespace; -1 where that cannot be had. */
static pid_t fork_first(void)
{
	return unshare(CLONE_NEWPID) == 0 ? fork() : -1;
}

static void restore(int out, bool renew)
{
	uint8_t number[NUMBER];

	if (renew)
		transfer_random_renew();
	if (RAND_bytes(number, NUMBER) == 1 && write(out, number, NUMBER) == NUMBER)
		_exit(0);
	_exit(1);
}

/* The snapshot: goes on twice from here. */
static void snapshot(int out, bool renew)
{
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), status;
	uint8_t number[NUMBER];

	if (own < 0 || RAND_bytes(number, NUMBER) != 1)
		_exit(1);
	for (unsigned i = 0; i < 2; i++) {
		pid_t child = setns(own, CLONE_NEWPID) == 0 ? fork_first() : -1;

		if (child == 0)
			restore(out, renew);
		if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
			_exit(1);
	}
	_exit(0);
}

/* The first number of each of the two; false where there are no namespaces to be had. */
static bool restored_twice(bool renew, uint8_t numbers[2][NUMBER])
{
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), ends[2], status;
	pid_t child;

	assert_true(own >= 0);
	assert_int_equal(pipe(ends), 0);
	child = fork_first();
	if (child == 0)
		snapshot(ends[1], renew);
	close(ends[1]);
	if (child > 0) {
		assert_int_equal(setns(own, CLONE_NEWPID), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_int_equal(read(ends[0], numbers[0], NUMBER), NUMBER);
		assert_int_equal(read(ends[0], numbers[1], NUMBER), NUMBER);
	}
	close(ends[0]);
	close(own);
	return child > 0;
}

static void test_two_of_one_snapshot(void **state)
{
	uint8_t numbers[2][NUMBER];

	(void)state;
	if (!restored_twice(false, numbers))
		skip();
	/* That is what is to be mended. */
	assert_memory_equal(numbers[0], numbers[1], NUMBER);
	assert_true(restored_twice(true, numbers));
	assert_memory_not_equal(numbers[0], numbers[1], NUMBER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_of_one_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
