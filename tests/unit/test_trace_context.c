/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/trace_context.h"
#include "guard.h"

#define ROOT "1-5759e988-bd862e3fe1be46a994272793"
#define TRACE "5759e988bd862e3fe1be46a994272793"
#define PARENT "53995c3f42cd8ad8"

static bool parse_trace(const char *hex)
{
	uint8_t id[TRACE_ID_SIZE];
	char printed[2 * TRACE_ID_SIZE + 1];
	bool ok = trace_id_parse(guard_put(slice_str(hex)), id);

	assert_int_equal(trace_id_is_set(id), ok);
	trace_id_print(id, printed);
	assert_int_equal(strcasecmp(printed, hex) == 0 && ok, ok);
	return ok;
}

static bool parse_span(const char *hex)
{
	uint8_t id[SPAN_ID_SIZE];
	char printed[2 * SPAN_ID_SIZE + 1];
	bool ok = span_id_parse(guard_put(slice_str(hex)), id);

	assert_int_equal(span_id_is_set(id), ok);
	span_id_print(id, printed);
	assert_int_equal(strcasecmp(printed, hex) == 0 && ok, ok);
	return ok;
}

static void test_ids(void **state)
{
	(void)state;
	assert_true(parse_trace(TRACE));
	assert_true(parse_trace("00000000000000000000000000000001"));
	assert_true(parse_trace("ABCDEF988bd862e3fe1be46a9942727f"));
	assert_false(parse_trace("00000000000000000000000000000000"));
	assert_false(parse_trace(""));
	assert_false(parse_trace("5759e988bd862e3fe1be46a99427279"));
	assert_false(parse_trace("5759e988bd862e3fe1be46a9942727930"));
	assert_false(parse_trace("5759e988bd862e3fe1be46a99427279g"));
	assert_false(parse_trace("5759e988-bd862e3fe1be46a9942727"));
	assert_false(parse_trace("0x59e988bd862e3fe1be46a994272793"));

	assert_true(parse_span(PARENT));
	assert_true(parse_span("F000000000000000"));
	assert_false(parse_span("0000000000000000"));
	assert_false(parse_span("53995c3f42cd8ad"));
	assert_false(parse_span(TRACE));
	assert_false(parse_span("53995c3f42cd8ad@"));
}

static void test_printed_in_small_letters(void **state)
{
	uint8_t id[SPAN_ID_SIZE];
	char printed[2 * SPAN_ID_SIZE + 1];

	(void)state;
	assert_true(span_id_parse(slice_str("0123456789ABCDEF"), id));
	span_id_print(id, printed);
	assert_string_equal(printed, "0123456789abcdef");
}

/* What a header says, in one line: trace, parent, sampled. "-" where nothing is known. */
static const char *said(const char *text)
{
	static char line[128];
	static const char words[] = {[XRAY_UNDECIDED] = '?', '0', '1'};
	struct xray_header h;
	char trace[2 * TRACE_ID_SIZE + 1], parent[2 * SPAN_ID_SIZE + 1];

	if (!xray_header_parse(guard_put(slice_str(text)), &h)) {
		assert_false(trace_id_is_set(h.trace_id) || span_id_is_set(h.parent));
		assert_int_equal(h.sampled, XRAY_UNDECIDED);
		return "-";
	}
	trace_id_print(h.trace_id, trace);
	span_id_print(h.parent, parent);
	snprintf(line, sizeof line, "%s %s %c", trace, span_id_is_set(h.parent) ? parent : "none",
		 words[h.sampled]);
	return line;
}

static void test_xray(void **state)
{
	static const struct {
		const char *header, *said;
	} cells[] = {
		{"Root=" ROOT ";Parent=" PARENT ";Sampled=1", TRACE " " PARENT " 1"},
		{"Root=" ROOT ";Parent=" PARENT ";Sampled=0", TRACE " " PARENT " 0"},
		{"Root=" ROOT ";Parent=" PARENT ";Sampled=?", TRACE " " PARENT " ?"},
		{"Root=" ROOT ";Parent=" PARENT, TRACE " " PARENT " ?"},
		{"Root=" ROOT ";Sampled=1", TRACE " none 1"},
		{"Root=" ROOT, TRACE " none ?"},
		{"Root=1-5759E988-BD862E3FE1BE46A994272793", TRACE " none ?"},
		/* Any order, blanks, and what else there may be. */
		{"Sampled=1; Parent=" PARENT "; Root=" ROOT, TRACE " " PARENT " 1"},
		{"Self=1-67891234-12456789abcdef012345678;Root=" ROOT ";Sampled=1",
		 TRACE " none 1"},
		{"Root=" ROOT ";Parent=" PARENT ";Sampled=1;Lineage=1:a87bd80c:0|68fd508a:5",
		 TRACE " " PARENT " 1"},
		{";;Root=" ROOT ";;", TRACE " none ?"},
		/* No root, or none that is one. */
		{"", "-"},
		{"Parent=" PARENT ";Sampled=1", "-"},
		{ROOT, "-"},
		{"root=" ROOT, "-"},
		{"Root=", "-"},
		{"Root=" TRACE, "-"},
		{"Root=2-5759e988-bd862e3fe1be46a994272793", "-"},
		{"Root=1-5759e98-8bd862e3fe1be46a994272793", "-"},
		{"Root=1-5759e988-bd862e3fe1be46a99427279", "-"},
		{"Root=1-5759e988-bd862e3fe1be46a9942727933", "-"},
		{"Root=1-5759e988_bd862e3fe1be46a994272793", "-"},
		{"Root=1-5759e988-bd862e3fe1be46a99427279x", "-"},
		{"Root=1-00000000-000000000000000000000000", "-"},
		/* What is broken in one place is not trusted in another. */
		{"Root=" ROOT ";Parent=53995c3f42cd8ad;Sampled=1", "-"},
		{"Root=" ROOT ";Parent=;Sampled=1", "-"},
		{"Root=" ROOT ";Parent=0000000000000000", "-"},
		{"Root=" ROOT ";Sampled=2", "-"},
		{"Root=" ROOT ";Sampled=", "-"},
		{"Root=" ROOT ";Sampled=10", "-"},
		{"Root=" ROOT ";Root=" ROOT, "-"},
		{"Root=" ROOT ";Sampled=1;Sampled=0", "-"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cells / sizeof cells[0]; i++)
		assert_string_equal(said(cells[i].header), cells[i].said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_printed_in_small_letters),
		cmocka_unit_test(test_xray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
