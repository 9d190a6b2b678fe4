/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

#include "base/log.h"
#include "base/log_escape.h"
#include "base/now.h"
#include "domain/timestamp.h"

/* Standard output goes through a pipe while a test runs: a packet is one write. */
static int saved = -1, lines = -1;

static int begin(void **state)
{
	int ends[2];

	(void)state;
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	if (saved < 0 || pipe2(ends, O_DIRECT | O_NONBLOCK) != 0)
		return -1;
	lines = ends[0];
	return dup2(ends[1], STDOUT_FILENO) < 0 || close(ends[1]) != 0;
}

static int end(void **state)
{
	(void)state;
	log_set_level(LOG_INFO);
	log_set_format(LOG_TEXT);
	close(lines);
	return dup2(saved, STDOUT_FILENO) < 0 || close(saved) != 0;
}

/* What one call wrote with one system call; "" where it wrote nothing. */
static const char *written(void)
{
	static char text[8192];
	ssize_t n = read(lines, text, sizeof text - 1);

	text[n > 0 ? n : 0] = 0;
	assert_int_equal(strlen(text), n > 0 ? n : 0);
	return text;
}

static void test_levels(void **state)
{
	static const struct {
		enum log_level level;
		const char *line;
	} cases[] = {
		{LOG_ERROR, "lull: error: 5 things\n"},
		{LOG_WARN, "lull: warning: 5 things\n"},
		{LOG_INFO, "lull: 5 things\n"},
		{LOG_DEBUG, "lull: debug: 5 things\n"},
	};
	size_t max, i;

	(void)state;
	for (max = 0; max < 4; max++) {
		log_set_level((enum log_level)max);
		for (i = 0; i < 4; i++) {
			log_line(cases[i].level, "%d %s", 5, "things");
			assert_string_equal(written(), i <= max ? cases[i].line : "");
		}
	}
}

static void test_default_is_info(void **state)
{
	(void)state;
	log_debug("not this");
	assert_string_equal(written(), "");
	log_info("this");
	assert_string_equal(written(), "lull: this\n");
}

/* What came from outside forges no lines and moves no cursor. */
static void test_control_characters(void **state)
{
	(void)state;
	log_warn("a\nlull: b\r\x1b[2J\t\x7f\x01 caf\xc3\xa9");
	assert_string_equal(written(), "lull: warning: a\\x0alull: b\\x0d\\x1b[2J\\x09\\x7f\\x01 "
				       "caf\xc3\xa9\n");
}

/* Nor do those beyond ASCII, and what is no UTF-8 does not make the line something else. */
static void test_unicode(void **state)
{
	(void)state;
	log_warn("\xc2\x85|\xc2\xa0|\xe2\x80\xae|\xe2\x80\xa8|\xe2\x81\xa6|\xe2\x82\xac|"
		 "\xf0\x9f\x98\x80");
	assert_string_equal(written(),
			    "lull: warning: \\xc2\\x85|\xc2\xa0|\\xe2\\x80\\xae|\\xe2\\x80\\xa8|"
			    "\\xe2\\x81\\xa6|\xe2\x82\xac|\xf0\x9f\x98\x80\n");
	log_warn("a\xff\xc3|\xe2\x82|\xed\xa0\x80");
	assert_string_equal(written(), "lull: warning: a\\xff\\xc3|\\xe2\\x82|\\xed\\xa0\\x80\n");
}

static void test_long_lines(void **state)
{
	static char text[5000];
	const char *line;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	log_info("%s", text);
	line = written();
	assert_in_range(strlen(line), 1900, 2101);
	assert_int_equal(line[strlen(line) - 1], '\n');
	/* Each would take four. */
	memset(text, '\n', sizeof text - 1);
	log_info("%s", text);
	line = written();
	assert_in_range(strlen(line), 1900, 2101);
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
}

/* ---- As JSON ---- */

/* The one line that was written, which must be one object of strings. */
static json_t *written_json(void)
{
	const char *line = written();
	json_t *object = json_loads(line, 0, NULL);

	assert_true(json_is_object(object));
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	return object;
}

static const char *member(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

/* The shape of the lines that Lambda's runtimes write, and nothing besides. */
static void test_json(void **state)
{
	static const char *const words[] = {"ERROR", "WARN", "INFO", "DEBUG"};
	int64_t before = now_read().real / NS_PER_MS, after;
	uint64_t time;
	json_t *object;

	(void)state;
	log_set_format(LOG_JSON);
	log_set_level(LOG_DEBUG);
	for (unsigned level = 0; level < 4; level++) {
		log_line((enum log_level)level, "%d %s", 5, "things");
		object = written_json();
		assert_int_equal(json_object_size(object), 4);
		assert_string_equal(member(object, "level"), words[level]);
		assert_string_equal(member(object, "message"), "5 things");
		assert_string_equal(member(object, "logger"), "lull");
		assert_int_equal(strlen(member(object, "timestamp")), 24);
		assert_true(timestamp_parse(slice_str(member(object, "timestamp")), &time));
		after = now_read().real / NS_PER_MS;
		assert_in_range(time / NS_PER_MS, before, after);
		json_decref(object);
	}
	log_set_level(LOG_WARN);
	log_info("not this");
	assert_string_equal(written(), "");
}

/* A reader of JSON has every character back, and no byte goes out that moves a cursor. */
static void test_json_escapes(void **state)
{
	static const char text[] = "\"a\\\n\r\x1b\x7f\xc2\x85\xe2\x80\xae\xe2\x81\xa6 caf\xc3\xa9 "
				   "\xf0\x9f\x98\x80";
	json_t *object;
	char raw[200];
	size_t len = log_escape_json(raw, sizeof raw, text);

	(void)state;
	raw[len] = 0;
	assert_string_equal(raw, "\\\"a\\\\\\u000a\\u000d\\u001b\\u007f\\u0085\\u202e\\u2066 "
				 "caf\xc3\xa9 \xf0\x9f\x98\x80");
	log_set_format(LOG_JSON);
	log_warn("%s", text);
	object = written_json();
	assert_string_equal(member(object, "message"), text);
	json_decref(object);
	log_warn("a\xff\xc3|\xe2\x82|");
	object = written_json();
	assert_string_equal(member(object, "message"),
			    "a\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|");
	json_decref(object);
}

/* Whatever is cut off, the object is whole. */
static void test_json_long_lines(void **state)
{
	static const char *const fills[] = {"x", "\n", "\"", "\xff", "\xe2\x82\xac"};
	static char text[5000];
	json_t *object;

	(void)state;
	log_set_format(LOG_JSON);
	for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
		size_t n = strlen(fills[i]);

		for (size_t k = 0; k < sizeof text - 1; k++)
			text[k] = fills[i][k % n];
		log_warn("%s", text);
		object = written_json();
		assert_memory_equal(member(object, "message"), i == 3 ? "\xef\xbf\xbd" : fills[i],
				    i == 3 ? 3 : n);
		assert_in_range(json_string_length(json_object_get(object, "message")), 300, 2010);
		json_decref(object);
	}
}

/* For the last words before the end, by system calls only. */
static void test_last_words(void **state)
{
	char line[200];
	json_t *object;

	(void)state;
	snprintf(line, sizeof line, "%sit ends%s", log_last_begin(), log_last_end());
	assert_string_equal(line, "lull: error: it ends\n");
	log_set_format(LOG_JSON);
	snprintf(line, sizeof line, "%sit ends%s", log_last_begin(), log_last_end());
	object = json_loads(line, 0, NULL);
	assert_string_equal(member(object, "level"), "ERROR");
	assert_string_equal(member(object, "message"), "it ends");
	assert_string_equal(member(object, "logger"), "lull");
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	json_decref(object);
}

static void test_raw(void **state)
{
	(void)state;
	log_set_level(LOG_ERROR);
	log_raw("{\"a\":1}");
	assert_string_equal(written(), "{\"a\":1}\n");
	log_set_format(LOG_JSON);
	log_raw("{\"a\":1}");
	assert_string_equal(written(), "{\"a\":1}\n");
}

/* Nobody reads, and the pipe does not wait: what cannot be written is lost, without harm. */
static void test_full_pipe(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100000; i++)
		log_info("line %d", i);
	assert_string_equal(written(), "lull: line 0\n");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_default_is_info), CASE(test_levels),     CASE(test_control_characters),
		CASE(test_long_lines),      CASE(test_raw),        CASE(test_full_pipe),
		CASE(test_unicode),         CASE(test_json),       CASE(test_json_escapes),
		CASE(test_json_long_lines), CASE(test_last_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
