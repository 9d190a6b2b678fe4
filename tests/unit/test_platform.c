/* SPDX-License-Identifier: Apache-2.0 */
/* When what the platform tells goes into the store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "platform.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define S NS_PER_S

static char url[] = "http://backend";

struct world {
	struct config config;
	struct export_settings settings[OTLP_SIGNALS];
	struct destination destination;
	struct store store;
	struct invocations invocations;
	struct platform platform;
};

static void begin(struct world *w)
{
	*w = (struct world){.config = {.platform_metrics = true}};
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		w->settings[s].endpoint = url;
	w->destination.settings = w->settings;
	w->store = (struct store){.destinations = &w->destination,
				  .destination_count = 1,
				  .limit = 1 << 20};
	w->platform = (struct platform){.config = &w->config,
					.store = &w->store,
					.invocations = &w->invocations};
	platform_init(&w->platform, (struct now){.mono = S, .real = 1700000000 * S});
}

static void end(struct world *w)
{
	store_free(&w->store);
	destination_free(&w->destination);
}

static void each(void *ctx, const struct telemetry_event *event)
{
	struct world *w = ctx;

	platform_event(&w->platform, event, invocations_event(&w->invocations, event));
}

static void tell(struct world *w, const char *event)
{
	telemetry_each(slice_str(event), each, w);
}

#define START                                                                                      \
	"{\"time\":\"2026-01-02T03:04:05.678Z\",\"type\":\"platform.start\",\"record\":{"          \
	"\"requestId\":\"a\"}}"
#define DONE                                                                                       \
	"{\"type\":\"platform.runtimeDone\",\"record\":{\"requestId\":\"a\",\"status\":\"success\"}}"

static uint64_t received(const struct world *w, enum otlp_signal signal)
{
	return w->destination.account[signal].received;
}

/* Invocations at those seconds, a flush after each: in how many are metrics made? */
static void test_metrics_go_together(void **state)
{
	static const struct {
		bool on, all;
		int64_t at[5]; /* 0: no more */
		uint64_t made;
	} cases[] = {
		{true, false, {1}, 1},
		{true, false, {1, 2, 3, 5}, 1},
		{true, false, {1, 2, 3, 6}, 2},
		{true, false, {1, 6, 11, 16}, 4},
		{true, false, {1, 7, 8, 60}, 3},
		/* there may be no later time */
		{true, true, {1, 2, 3}, 3},
		{false, false, {1, 60}, 0},
		{false, true, {1, 60}, 0},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world w;

		begin(&w);
		w.config.platform_metrics = cases[i].on;
		for (size_t k = 0; k < LENGTH(cases[i].at) && cases[i].at[k]; k++) {
			tell(&w, DONE);
			platform_flush(&w.platform, cases[i].all,
				       (struct now){.mono = cases[i].at[k] * S, .real = S});
		}
		assert_int_equal(received(&w, OTLP_METRICS), cases[i].made);
		end(&w);
	}
}

/* SHUTDOWN is the end of what runs, where the platform tells no other: with the words that its
 * lines said, once. */
static void test_ends_by_shutdown(void **state)
{
	static const struct {
		const char *reason, *line;
		unsigned out_of_memory;
	} cases[] = {
		{"failure", "java.lang.OutOfMemoryError: Java heap space", 1},
		{"FAILURE", "FATAL ERROR: JavaScript heap out of memory", 1},
		{"failure", "all is well", 0},
		{"timeout", "java.lang.OutOfMemoryError: Java heap space", 0},
		{"spindown", "java.lang.OutOfMemoryError: Java heap space", 0},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const struct platform_series *series;
		struct telemetry_event line = {.type = EVENT_FUNCTION};
		struct world w;
		char text[64];

		begin(&w);
		w.config.invocation_spans = SPANS_AUTO;
		series = w.platform.metrics.series;
		tell(&w, START);
		snprintf(text, sizeof text, "\"%s\"", cases[i].line);
		line.text = slice_str(text);
		platform_line(&w.platform, &line, invocations_current(&w.invocations));
		platform_shutdown(&w.platform, slice_str(cases[i].reason));
		for (unsigned k = 0; k < 2; k++)
			platform_flush(&w.platform, true, (struct now){.mono = S, .real = 3 * S});
		platform_metrics_settle(&w.platform.metrics, &w.invocations);
		assert_int_equal(series->counts[COUNT_OUT_OF_MEMORY], cases[i].out_of_memory);
		assert_int_equal(received(&w, OTLP_TRACES),
				 strcmp(cases[i].reason, "spindown") != 0);
		platform_free(&w.platform);
		end(&w);
	}
}

/* What nobody takes is not made, and nothing is dropped for it. */
static void test_none_for_nobody(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.settings[OTLP_METRICS].endpoint = NULL;
	tell(&w, DONE);
	platform_flush(&w.platform, true, (struct now){.mono = S, .real = S});
	w.settings[OTLP_METRICS].endpoint = url;
	w.destination.circuit[OTLP_METRICS].off = true;
	platform_flush(&w.platform, true, (struct now){.mono = S, .real = S});
	assert_int_equal(received(&w, OTLP_METRICS), 0);
	/* Somebody does again: it is all still there. */
	w.destination.circuit[OTLP_METRICS].off = false;
	platform_flush(&w.platform, true, (struct now){.mono = S, .real = S});
	assert_int_equal(received(&w, OTLP_METRICS), 1);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metrics_go_together),
		cmocka_unit_test(test_ends_by_shutdown),
		cmocka_unit_test(test_none_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
