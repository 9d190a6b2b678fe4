/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"

#include "../fuzz/fuzz_proc_net.c"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define HEAD                                                                                       \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
/* As Linux prints them, the fields behind the inode included. */
#define LINE(remote, state, inode)                                                                 \
	"   0: 0200000A:A1B2 " remote " " state                                                    \
	" 00000000:00000000 00:00000000 00000000  1000        0 " inode                            \
	" 1 0000000000000000 20 4 30 10 -1                    \n"
#define LINE6(remote, state) LINE(remote, state, "42")

static void assert_shown(const char *table, const char *shown, unsigned count)
{
	static const uint64_t own[] = {7, 18446744073709551615ULL};
	struct proc_net net = {.own = own,
			       .own_count = LENGTH(own),
			       .except = "169.254.100.1:9001"};

	proc_net_add(&net, guard_put(slice_str(table)));
	assert_false(net.text.failed);
	assert_string_equal(net.text.len ? bytes_cstr(&net.text) : "", shown);
	assert_int_equal(net.count, count);
	bytes_free(&net.text);
}

static void test_what_is_shown(void **state)
{
	static const struct {
		const char *table, *shown;
	} cases[] = {
		{"", ""},
		{HEAD, ""},
		{HEAD LINE("0703000A:1538", "01", "42"), "10.0.3.7:5432 ESTABLISHED\n"},
		{HEAD LINE("0703000A:1538", "02", "42"), "10.0.3.7:5432 SYN_SENT\n"},
		/* each state by its name; those that are no open connection */
		{LINE("0703000A:0001", "03", "42"), "10.0.3.7:1 SYN_RECV\n"},
		{LINE("0703000A:0001", "04", "42"), "10.0.3.7:1 FIN_WAIT1\n"},
		{LINE("0703000A:0001", "05", "42"), "10.0.3.7:1 FIN_WAIT2\n"},
		{LINE("0703000A:0001", "06", "42"), ""},
		{LINE("0703000A:0001", "07", "42"), ""},
		{LINE("0703000A:0001", "08", "42"), "10.0.3.7:1 CLOSE_WAIT\n"},
		{LINE("0703000A:0001", "09", "42"), "10.0.3.7:1 LAST_ACK\n"},
		{LINE("0703000A:0001", "0A", "42"), ""},
		{LINE("0703000A:0001", "0B", "42"), "10.0.3.7:1 CLOSING\n"},
		{LINE("0703000A:0001", "0C", "42"), ""},
		{LINE("0703000A:0001", "00", "42"), ""},
		{LINE("0703000A:0001", "FFFFFFFFFFFFFFFFFF", "42"), ""},
		/* within this machine, to nowhere, Lambda's own, lull's own */
		{LINE("0100007F:10DE", "01", "42"), ""},
		{LINE("0A00007F:10DE", "01", "42"), ""},
		{LINE("00000000:0000", "02", "42"), ""},
		{LINE("0164FEA9:2329", "01", "42"), ""},
		{LINE("0164FEA9:232A", "01", "42"), "169.254.100.1:9002 ESTABLISHED\n"},
		{LINE("0703000A:1538", "01", "7"), ""},
		/* IPv6, and IPv4 within it */
		{LINE6("000000FD000000000000000001000000:01BB", "01"),
		 "[fd00::1]:443 ESTABLISHED\n"},
		{LINE6("00000000000000000000000001000000:01BB", "01"), ""},
		{LINE6("00000000000000000000000000000000:01BB", "02"), ""},
		{LINE6("0000000000000000FFFF00000703000A:1538", "01"),
		 "10.0.3.7:5432 ESTABLISHED\n"},
		{LINE6("0000000000000000FFFF00000100007F:1538", "01"), ""},
		/* what is no such line harms no other */
		{"garbage\n\n0: 1 2 3\n" LINE("0703000A:1538", "01", "42"),
		 "10.0.3.7:5432 ESTABLISHED\n"},
		{LINE("0703000A1538", "01", "42"), ""},
		{LINE("0703000G:1538", "01", "42"), ""},
		{LINE("0703000A:15380", "01", "42"), ""},
		{LINE("0703000A:", "01", "42"), ""},
		{LINE("0703000A:1538", "01", "none"), ""},
		{LINE("03000A:1538", "01", "42"), ""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_shown(cases[i].table, cases[i].shown, cases[i].shown[0] != 0);
}

/* A table may end anywhere: the file is read up to a limit. */
static void test_cut_anywhere(void **state)
{
	static const char table[] = HEAD LINE("0703000A:1538", "01", "42");
	char part[sizeof table];

	(void)state;
	for (size_t len = 0; len < sizeof table; len++) {
		struct proc_net net = {0};

		memcpy(part, table, len);
		proc_net_add(&net, guard_put(slice_of(part, len)));
		assert_in_range(net.count, 0, 1);
		bytes_free(&net.text);
	}
}

/* What the fuzzer would begin with: a table, cut and damaged. */
static void test_as_the_fuzzer(void **state)
{
	static const char table[] = HEAD LINE("0703000A:1538", "01", "42")
		LINE("0100000A:0050", "02", "42") LINE("0100007F:10DE", "01", "7")
			LINE6("000000FD000000000000000001000000:01BB", "01");
	const size_t len = sizeof table - 1;
	char input[sizeof table];
	uint32_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		memcpy(input, table, len);
		for (unsigned k = 0; k < i % 8; k++) {
			seed = seed * 1664525 + 1013904223;
			input[(seed >> 8) % len] = k % 2 ? (char)(seed >> 3)
							 : " \n:0FfA1"[seed >> 29];
		}
		LLVMFuzzerTestOneInput(guard_put(slice_of(input, len - i % 100)).data,
				       len - i % 100);
	}
}

static void test_many(void **state)
{
	struct proc_net net = {0};
	size_t lines = 0;

	(void)state;
	for (unsigned i = 0; i < PROC_NET_MOST + 5; i++)
		proc_net_add(&net, slice_str(LINE("0703000A:1538", "01", "42")));
	assert_int_equal(net.count, PROC_NET_MOST + 5);
	for (size_t i = 0; i < net.text.len; i++)
		lines += net.text.data[i] == '\n';
	assert_int_equal(lines, PROC_NET_MOST);
	bytes_free(&net.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_shown),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_as_the_fuzzer),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
