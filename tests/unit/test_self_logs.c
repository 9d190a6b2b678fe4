/* SPDX-License-Identifier: Apache-2.0 */
/* lull's own warnings and errors as log records: which, how many, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store_world.h"

#include "base/log.h"
#include "collector_logs.pb-c.h"
#include "log_show.h"
#include "self_logs.h"
#include "short_memory.h"
#include "version.h"

#define LONGEST (SELF_LOGS_TEXT - 1)

static int start(void **state)
{
	(void)state;
	log_set_level(LOG_INFO);
	self_logs_start();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	log_set_observer(NULL);
	return 0;
}

static uint64_t received(struct world *w)
{
	require_closed(w);
	return w->destinations[0].account[OTLP_LOGS].received;
}

static void flush(struct world *w)
{
	self_logs_flush(store_of(w), w->now);
}

/* What was staged last; to be freed. */
static Otlp__ExportLogsServiceRequest *staged(struct world *w)
{
	const struct payload_list *list = &w->store.staging[OTLP_LOGS];
	const struct payload *p = payload_list_at(list, list->count - 1);
	Otlp__ExportLogsServiceRequest *request;

	assert_int_equal(otlp_check(OTLP_LOGS, bytes_slice(&p->message)).items, p->items);
	request = otlp__export_logs_service_request__unpack(NULL, p->message.len, p->message.data);
	assert_non_null(request);
	return request;
}

static const Otlp__ScopeLogs *scope_of(const Otlp__ExportLogsServiceRequest *request)
{
	assert_int_equal(request->n_resource_logs, 1);
	assert_null(request->resource_logs[0]->resource);
	assert_int_equal(request->resource_logs[0]->n_scope_logs, 1);
	return request->resource_logs[0]->scope_logs[0];
}

/* The only record's body, until the next call. */
static const char *only_body(struct world *w)
{
	static char body[4 * SELF_LOGS_TEXT];
	Otlp__ExportLogsServiceRequest *request = staged(w);
	const Otlp__ScopeLogs *scope = scope_of(request);

	assert_int_equal(scope->n_log_records, 1);
	snprintf(body, sizeof body, "%s", scope->log_records[0]->body->string_value);
	otlp__export_logs_service_request__free_unpacked(request, NULL);
	return body;
}

static void test_what_is_written_of_them(void **state)
{
	struct world w = begin(all_signals, NULL);
	int64_t before = now_read().real, after;
	Otlp__ExportLogsServiceRequest *request;
	const Otlp__ScopeLogs *scope;
	struct bytes text = {0};

	(void)state;
	log_debug("not this");
	log_info("nor this");
	log_warn("%d\tthings", 5);
	log_error("one of them");
	log_set_level(LOG_ERROR);
	log_warn("not written");
	after = now_read().real;
	flush(&w);
	request = staged(&w);
	scope = scope_of(request);
	assert_string_equal(scope->scope->name, "lull");
	assert_string_equal(scope->scope->version, LULL_VERSION);
	for (size_t i = 0; i < scope->n_log_records; i++) {
		const Otlp__LogRecord *record = scope->log_records[i];

		assert_in_range(record->time_unix_nano, before, after);
		assert_int_equal(record->observed_time_unix_nano, record->time_unix_nano);
		log_show(&text, record);
		bytes_addc(&text, '\n');
	}
	assert_string_equal(bytes_cstr(&text), "13|WARN|'5\tthings'\n17|ERROR|'one of them'\n");
	bytes_free(&text);
	otlp__export_logs_service_request__free_unpacked(request, NULL);
	assert_int_equal(received(&w), 2);
	end(&w);
}

static void test_each_once(void **state)
{
	struct world w = begin(all_signals, only_logs);

	(void)state;
	flush(&w);
	assert_int_equal(received(&w), 0);
	log_warn("first");
	flush(&w);
	flush(&w);
	assert_int_equal(received(&w), 1);
	log_warn("second");
	flush(&w);
	assert_string_equal(only_body(&w), "second");
	assert_int_equal(received(&w), 2);
	assert_int_equal(w.destinations[1].account[OTLP_LOGS].received, 2);
	end(&w);
}

static void warn_times(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		log_warn("number %u", i);
}

/* Between two flushes the first ones, and in all no more than that. */
static void test_no_more_than(void **state)
{
	struct world w = begin(all_signals, NULL);
	Otlp__ExportLogsServiceRequest *request;
	const Otlp__ScopeLogs *scope;

	(void)state;
	warn_times(SELF_LOGS_HELD + 1);
	flush(&w);
	assert_int_equal(received(&w), SELF_LOGS_HELD);
	request = staged(&w);
	scope = scope_of(request);
	assert_string_equal(scope->log_records[0]->body->string_value, "number 0");
	assert_string_equal(scope->log_records[SELF_LOGS_HELD - 1]->body->string_value,
			    "number 15");
	otlp__export_logs_service_request__free_unpacked(request, NULL);
	for (unsigned i = SELF_LOGS_HELD; i < SELF_LOGS_LIFE + 3; i++) {
		warn_times(1);
		flush(&w);
		assert_int_equal(received(&w), i < SELF_LOGS_LIFE ? i + 1 : SELF_LOGS_LIFE);
	}
	end(&w);
}

/* Whole characters, wherever the border falls, and as many as fit. */
static void test_long_ones_are_cut(void **state)
{
	static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac",
						 "\xf0\x9f\x98\x80"};
	static char text[1900];
	struct world w = begin(all_signals, NULL);

	(void)state;
	for (size_t n = 1; n <= 4; n++)
		for (size_t before = 0; before < n; before++) {
			size_t fits = before + (LONGEST - before) / n * n;

			memset(text, 'a', before);
			for (size_t i = before; i < sizeof text - 1; i++)
				text[i] = characters[n - 1][(i - before) % n];
			log_warn("%s", text);
			flush(&w);
			assert_int_equal(strlen(only_body(&w)), fits);
			assert_memory_equal(only_body(&w), text, fits);
		}
	/* One that just fits is whole. */
	memset(text, 'a', LONGEST);
	text[LONGEST] = 0;
	log_warn("%s", text);
	flush(&w);
	assert_string_equal(only_body(&w), text);
	end(&w);
}

/* OTLP takes UTF-8 only, and one bad text spoils a whole request. */
static void test_what_is_no_utf8(void **state)
{
	static char text[1900];
	struct world w = begin(all_signals, NULL);

	(void)state;
	log_warn("a\xff\xc3|");
	flush(&w);
	assert_string_equal(only_body(&w), "a\xef\xbf\xbd\xef\xbf\xbd|");
	memset(text, '\x80', sizeof text - 1);
	log_warn("%s", text);
	flush(&w);
	assert_int_equal(strlen(only_body(&w)), 3 * (SELF_LOGS_TEXT - 4));
	end(&w);
}

/* No drop is counted of what nobody would take, and it is not lost for who takes it later. */
static void test_where_nobody_takes_them(void **state)
{
	struct world w = begin(none, NULL);

	(void)state;
	log_warn("there is no backend");
	flush(&w);
	assert_int_equal(w.store.nowhere[OTLP_LOGS].received, 0);
	end(&w);
	w = begin(all_signals, NULL);
	w.destinations[0].circuit[OTLP_LOGS].off = true;
	flush(&w);
	assert_int_equal(received(&w), 0);
	w.destinations[0].circuit[OTLP_LOGS].off = false;
	flush(&w);
	assert_string_equal(only_body(&w), "there is no backend");
	end(&w);
}

/* Each allocation fails once: what cannot be told is counted. */
static void test_memory_is_short(void **state)
{
	unsigned failures = 0;
	bool failed = true;

	(void)state;
	for (int at = 1; failed; at++) {
		struct world w = begin(all_signals, NULL);
		uint64_t dropped;

		self_logs_start();
		warn_times(2);
		short_memory_at = at;
		flush(&w);
		failed = short_memory_at == 0;
		short_memory_at = 0;
		assert_int_equal(received(&w), 2);
		dropped = w.destinations[0].account[OTLP_LOGS].dropped[DROP_NO_MEMORY];
		/* What cannot be made smaller for want of memory is kept as it is. */
		assert_true(dropped == 2 || dropped == 0);
		assert_true(failed || dropped == 0);
		failures += dropped > 0;
		end(&w);
	}
	assert_in_range(failures, 3, 20);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_what_is_written_of_them),
		CASE(test_each_once),
		CASE(test_no_more_than),
		CASE(test_long_ones_are_cut),
		CASE(test_what_is_no_utf8),
		CASE(test_where_nobody_takes_them),
		CASE(test_memory_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
