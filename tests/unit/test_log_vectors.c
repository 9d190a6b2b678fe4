/* SPDX-License-Identifier: Apache-2.0 */
/* What real loggers print (tests/loggers/lines.tsv), as lull reads it, and what those print by
 * their documents that are not run: .NET's, Serilog among them, and Ruby's runtime
 * (documented.tsv). With the argument `show` every line is printed as it is read, in the form of
 * expected.txt: to be looked at, and then put there. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fuzz/fuzz_log_lines.c"

#include "base/now.h"
#include "collector_logs.pb-c.h"
#include "domain/log_records.h"
#include "log_show.h"
#include "wire/json_escape.h"

#define FOLDER "tests/loggers/"
#define REQUEST "8286a188-ba32-4475-8077-530cd35c09a9"
#define EVENT_TIME "1970-01-01T00:00:01Z" /* of a line that tells none */
#define EVENT_NANOS UINT64_C(1000000000)

static const struct invocations running = {
	.ring = {{.request_id = REQUEST, .started = true}},
	.count = 1,
	.current = 1,
};

/* ---- Files ---- */

static void read_lines(const char *name, void (*each)(char *line))
{
	FILE *file = fopen(name, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	if (!file)
		fail_msg("%s cannot be read", name);
	while ((len = getline(&line, &room, file)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = 0;
		if (line[0] && line[0] != '#')
			each(line);
	}
	free(line);
	fclose(file);
}

/* Ends the field at the next tab and returns what is behind it. */
static char *cut(char *field)
{
	char *tab = strchr(field, '\t');

	if (!tab)
		fail_msg("a field is missing: %s", field);
	*tab = 0;
	return tab + 1;
}

/* ---- Expectations ---- */

struct expectation {
	char *name, *shown;
	bool seen;
};

static struct expectation expectations[256];
static size_t expectation_count;

static void add_expectation(char *line)
{
	struct expectation *e = &expectations[expectation_count++];

	assert_true(expectation_count <= sizeof expectations / sizeof expectations[0]);
	e->shown = strdup(cut(line));
	e->name = strdup(line);
	assert_true(e->name && e->shown);
}

static void free_expectations(void)
{
	while (expectation_count > 0) {
		free(expectations[--expectation_count].name);
		free(expectations[expectation_count].shown);
	}
}

static struct expectation *expectation_of(const char *name)
{
	for (size_t i = 0; i < expectation_count; i++)
		if (strcmp(expectations[i].name, name) == 0)
			return &expectations[i];
	return NULL;
}

/* Does the text fit the pattern, in which a * is anything? */
static bool matches(const char *pattern, const char *text)
{
	for (; *pattern; pattern++, text++) {
		if (*pattern == '*') {
			for (; *text; text++)
				if (matches(pattern + 1, text))
					return true;
			return !pattern[1];
		}
		if (*pattern != *text)
			return false;
	}
	return !*text;
}

/* ---- Lines ---- */

struct vector {
	const char *name;
	uint64_t from, to; /* it was written between them; both 0: it tells no time */
};

static void add(void *ctx, const struct telemetry_event *event)
{
	log_records_add(ctx, event, 1);
}

/* "time" where the record's own time lies where it was written (to the second, which is all that
 * some tell), "event" where it has the event's. */
static const char *time_of(const Otlp__LogRecord *r, const struct vector *v)
{
	uint64_t second = NS_PER_S;

	if (r->time_unix_nano == EVENT_NANOS)
		return "event";
	if (r->time_unix_nano + second < v->from || r->time_unix_nano > v->to + second)
		fail_msg("%s: %ju is not between %ju and %ju", v->name,
			 (uintmax_t)r->time_unix_nano, (uintmax_t)v->from, (uintmax_t)v->to);
	return "time";
}

static void read_record(const struct vector *v, const char *record, struct bytes *shown)
{
	struct log_records records = {.invocations = &running, .parse_json = true};
	Otlp__ExportLogsServiceRequest *request;
	struct bytes body = {0}, out = {0};
	Otlp__LogRecord *r;

	bytes_addf(&body, "[{\"time\":\"" EVENT_TIME "\",\"type\":\"function\",\"record\":%s}]",
		   record);
	telemetry_each(bytes_slice(&body), add, &records);
	assert_true(log_records_finish(&records, &out));
	request = otlp__export_logs_service_request__unpack(NULL, out.len, out.data);
	assert_non_null(request);
	assert_int_equal(request->resource_logs[0]->scope_logs[0]->n_log_records, 1);
	r = request->resource_logs[0]->scope_logs[0]->log_records[0];
	bytes_addf(shown, "%s|", time_of(r, v));
	log_show(shown, r);
	otlp__export_logs_service_request__free_unpacked(request, NULL);
	bytes_free(&body);
	bytes_free(&out);
}

/* On one line, as expected.txt has it. */
static const char *flat(struct bytes *shown)
{
	struct bytes text = bytes_move(shown);

	for (size_t i = 0; i < text.len; i++) {
		const char *escape = text.data[i] == '\n'   ? "\\n"
				     : text.data[i] == '\t' ? "\\t"
				     : text.data[i] == '\r' ? "\\r"
				     : text.data[i] == 0x1b ? "\\e"
							    : NULL;

		if (escape)
			bytes_addf(shown, "%s", escape);
		else
			bytes_addc(shown, text.data[i]);
	}
	bytes_free(&text);
	return bytes_cstr(shown);
}

/* The vector as Lambda hands it over: its text in a string, and where that is JSON (with the
 * function's log format JSON) as it is. Both are read as the same. */
static void each_way(char *line, void (*then)(const struct vector *v, const char *shown))
{
	char *from = cut(line), *to = cut(from), *text = cut(to);
	struct vector v = {line, strtoull(from, NULL, 10), strtoull(to, NULL, 10)};
	struct bytes shown = {0}, object = {0};

	read_record(&v, text, &shown);
	then(&v, flat(&shown));
	if (text[1] == '{' && !strstr(text, "NaN")) {
		struct bytes again = {0};

		json_unescape(slice_of(text + 1, strlen(text) - 2), &object);
		read_record(&v, bytes_cstr(&object), &again);
		assert_string_equal(flat(&again), bytes_cstr(&shown));
		bytes_free(&again);
	}
	bytes_free(&shown);
	bytes_free(&object);
}

static void check(const struct vector *v, const char *shown)
{
	struct expectation *e = expectation_of(v->name);

	if (!e)
		fail_msg("%s has no expectation yet: %s", v->name, shown);
	e->seen = true;
	if (!matches(e->shown, shown))
		fail_msg("%s:\n%s\n%s", v->name, shown, e->shown);
}

static void check_line(char *line)
{
	each_way(line, check);
}

static void test_vectors(void **state)
{
	size_t i;

	(void)state;
	read_lines(FOLDER "expected.txt", add_expectation);
	read_lines(FOLDER "lines.tsv", check_line);
	read_lines(FOLDER "documented.tsv", check_line);
	for (i = 0; i < expectation_count; i++)
		if (!expectations[i].seen)
			fail_msg("no line is called %s", expectations[i].name);
	free_expectations();
}

/* What the fuzzer would begin with: every line, cut here and there, as it is and in a post. */
static void fuzz_line(char *line)
{
	char *text = cut(cut(cut(line)));
	struct bytes plain = {0}, post = {0};
	size_t step;

	json_unescape(slice_of(text + 1, strlen(text) - 2), &plain);
	bytes_addf(&post, "[{\"time\":\"" EVENT_TIME "\",\"type\":\"function\",\"record\":%s}]",
		   plain.data[0] == '{' ? bytes_cstr(&plain) : text);
	for (step = 0; step <= 16; step++) {
		LLVMFuzzerTestOneInput(plain.data, plain.len * step / 16);
		LLVMFuzzerTestOneInput(post.data, post.len * step / 16);
	}
	bytes_free(&plain);
	bytes_free(&post);
}

static void test_as_the_fuzzer(void **state)
{
	(void)state;
	read_lines(FOLDER "lines.tsv", fuzz_line);
	read_lines(FOLDER "documented.tsv", fuzz_line);
}

/* What the fuzzer found. */
static void test_regressions(void **state)
{
	uint8_t data[1 << 16];
	glob_t found;

	(void)state;
	assert_int_equal(glob("tests/fuzz/regress/log-*", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		FILE *file = fopen(found.gl_pathv[i], "rb");
		size_t len;

		assert_non_null(file);
		len = fread(data, 1, sizeof data, file);
		assert_true(len > 0 && feof(file));
		fclose(file);
		LLVMFuzzerTestOneInput(data, len);
	}
	globfree(&found);
}

static void print(const struct vector *v, const char *shown)
{
	printf("%s\t%s\n", v->name, shown);
}

static void print_line(char *line)
{
	each_way(line, print);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_as_the_fuzzer),
		cmocka_unit_test(test_regressions),
	};

	if (argc > 1 && strcmp(argv[1], "show") == 0) {
		read_lines(FOLDER "lines.tsv", print_line);
		read_lines(FOLDER "documented.tsv", print_line);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
