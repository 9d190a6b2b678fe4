/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP JSON where tests/proto/test_json.py cannot look: the bounds of the tables, inputs that end
 * where memory ends, memory that runs out, and what holds for any input (fuzz_otlp_json.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "../fuzz/fuzz_otlp_json.c"
#include "collector_metrics.pb-c.h"
#include "guard.h"
#include "otlp_count.h"
#include "otlp_make.h"
#include "short_heap.h"
#include "short_memory.h"
#include "status.pb-c.h"
#include "wire/otlp_json_form.h"
#include "wire/otlp_json_print.h"

#include "base/arena.c"

/* ---- The tables ---- */

static const ProtobufCMessageDescriptor *types[64];
static unsigned type_count;

static void add_type(const ProtobufCMessageDescriptor *type)
{
	for (unsigned i = 0; i < type_count; i++)
		if (types[i] == type)
			return;
	assert_true(type_count < 64);
	types[type_count++] = type;
}

static void check_field(const ProtobufCMessageDescriptor *type,
			const ProtobufCFieldDescriptor *field)
{
	struct bytes name = {0};

	assert_int_not_equal(field->type, PROTOBUF_C_TYPE_FLOAT);
	assert_ptr_equal(otlp_json_find(type, field->name), field);
	otlp_json_put_name(&name, field);
	assert_ptr_equal(otlp_json_find(type, bytes_cstr(&name)), field);
	bytes_addc(&name, 'x');
	assert_null(otlp_json_find(type, bytes_cstr(&name)));
	bytes_free(&name);
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		add_type(field->descriptor);
}

static void test_every_field_fits(void **state)
{
	(void)state;
	for (int signal = 0; signal < OTLP_SIGNALS; signal++)
		add_type(otlp_json_request((enum otlp_signal)signal));
	add_type(&otlp__export_metrics_service_response__descriptor);
	add_type(&rpc__status__descriptor);
	for (unsigned i = 0; i < type_count; i++) {
		assert_in_range(types[i]->n_fields, 1, 32);
		for (unsigned k = 0; k < types[i]->n_fields; k++)
			check_field(types[i], &types[i]->fields[k]);
	}
	assert_true(type_count > 30);
}

static void test_names(void **state)
{
	const ProtobufCMessageDescriptor *type = &otlp__metric__descriptor;

	(void)state;
	assert_string_equal(otlp_json_find(type, "exponentialHistogram")->name,
			    "exponential_histogram");
	assert_null(otlp_json_find(type, ""));
	assert_null(otlp_json_find(type, "nam"));
	assert_null(otlp_json_find(type, "Name"));
	assert_null(otlp_json_find(type, "exponentialhistogram"));
	assert_null(otlp_json_find(type, "exponential_Histogram"));
}

/* ---- Any input ---- */

static void make(enum otlp_signal signal, uint32_t seed, struct bytes *request, struct bytes *text)
{
	request->len = 0;
	text->len = 0;
	make_request(signal, seed, seed % 2, request);
	assert_true(otlp_json_encode(signal, bytes_slice(request), text));
}

static void test_made_requests(void **state)
{
	struct bytes request = {0}, text = {0};
	size_t items = 0;

	(void)state;
	for (uint32_t seed = 0; seed < 1500; seed++) {
		enum otlp_signal signal = (enum otlp_signal)(seed % OTLP_SIGNALS);

		make(signal, seed, &request, &text);
		assert_true(try_text(signal, guard_put(bytes_slice(&text))));
		assert_true(try_bytes(signal, guard_put(bytes_slice(&request))));
		items += otlp_count(signal, bytes_slice(&request));
	}
	assert_true(items > 5000);
	bytes_free(&request);
	bytes_free(&text);
}

static void test_every_cut(void **state)
{
	struct bytes request = {0}, text = {0};

	(void)state;
	for (int signal = 0; signal < OTLP_SIGNALS; signal++) {
		make((enum otlp_signal)signal, 12, &request, &text);
		for (size_t cut = 0; cut < text.len; cut++)
			assert_false(try_text((enum otlp_signal)signal,
					      guard_put(slice_of(text.data, cut))));
		for (size_t cut = 0; cut < request.len; cut++)
			try_bytes((enum otlp_signal)signal, guard_put(slice_of(request.data, cut)));
	}
	bytes_free(&request);
	bytes_free(&text);
}

/* What matters to a parser of JSON is more often hit by these than by a bit that is changed. */
static void damage(struct maker *m, struct bytes *text)
{
	static const char marks[] = "\"\\{}[],:-.eE0919u\xff\xed";
	size_t at = make_random(m, (unsigned)text->len);

	if (make_random(m, 2))
		text->data[at] = (uint8_t)marks[make_random(m, sizeof(marks) - 1)];
	else
		text->data[at] ^= (uint8_t)(1u << make_random(m, 8));
}

static void test_damaged(void **state)
{
	struct bytes request = {0}, text = {0};
	struct maker m = {.seed = 1};
	unsigned texts = 0, requests = 0;

	(void)state;
	for (uint32_t i = 0; i < 6000; i++) {
		enum otlp_signal signal = (enum otlp_signal)(i % OTLP_SIGNALS);

		make(signal, i / 50, &request, &text);
		damage(&m, &text);
		texts += try_text(signal, guard_put(bytes_slice(&text)));
		if (request.len == 0)
			continue;
		damage(&m, &request);
		requests += try_bytes(signal, guard_put(bytes_slice(&request)));
	}
	/* Both ways were gone, each time. */
	assert_in_range(texts, 500, 5500);
	assert_in_range(requests, 500, 5500);
	bytes_free(&request);
	bytes_free(&text);
}

/* Mending goes over the text by itself: to its end, and not further. */
static void test_mended_to_the_end(void **state)
{
	static const char *const texts[] = {
		"{\"a\":\"\\ud83d",
		"{\"a\":\"\\ud83d\\ude0",
		"{\"a\":\"\\ud83d\"",
		"{\"a\":\"\\",
		"{\"a\":-",
		"{\"a\":1e400",
		"{\"a\":1234567890123456789012",
		"{\"a\":\"\\ud83d\\",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(try_text(OTLP_LOGS, guard_put(slice_str(texts[i]))));
	assert_true(try_text(OTLP_LOGS, guard_put(slice_str("{\"a\":\"\\ud83d\"}"))));
	assert_true(try_text(OTLP_LOGS, guard_put(slice_str("{\"a\":12345678901234567890}"))));
}

/* ---- Memory ---- */

static const char text[] = "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":"
			   "{\"stringValue\":\"half \\ud83d a pair\"},\"flags\":1}]}]}]}";

/* Each allocation fails once, in one way or the other, and at last none does. */
static unsigned fail_each(int *counter)
{
	enum otlp_json_result result = OTLP_JSON_NO_MEMORY;
	unsigned failures = 0;

	for (int at = 1; result != OTLP_JSON_OK; at++) {
		struct bytes out = {0};
		const char *why = NULL;

		*counter = at;
		result = otlp_json_decode(OTLP_LOGS, slice_str(text), &out, &why);
		failures += *counter == 0;
		*counter = 0;
		assert_true(result == OTLP_JSON_OK || result == OTLP_JSON_NO_MEMORY);
		assert_int_equal(result == OTLP_JSON_OK, out.len > 0);
		bytes_free(&out);
	}
	return failures;
}

static void test_short_memory(void **state)
{
	struct bytes json = {0}, request = {0};
	const char *why;

	(void)state;
	assert_true(fail_each(&short_memory_at) >= 2);
	assert_true(fail_each(&short_heap_at) >= 2);
	assert_int_equal(otlp_json_decode(OTLP_LOGS, slice_str(text), &request, &why),
			 OTLP_JSON_OK);
	short_memory_at = 1;
	assert_false(otlp_json_encode(OTLP_LOGS, bytes_slice(&request), &json));
	assert_int_equal(short_memory_at, 0);
	assert_int_equal(json.len, 0);
	bytes_free(&json);
	bytes_free(&request);
}

/* What others have jansson keep is theirs to free, before and after. */
static void test_jansson_is_left_as_it_was(void **state)
{
	json_t *kept = json_pack("{s:[i]}", "a", 1);
	struct bytes out = {0};
	json_malloc_t alloc, alloc_after;
	json_free_t release, release_after;
	const char *why;

	(void)state;
	json_get_alloc_funcs(&alloc, &release);
	assert_int_equal(otlp_json_decode(OTLP_LOGS, slice_str(text), &out, &why), OTLP_JSON_OK);
	assert_int_equal(otlp_json_decode(OTLP_LOGS, slice_str("{"), &out, &why), OTLP_JSON_BAD);
	json_get_alloc_funcs(&alloc_after, &release_after);
	assert_ptr_equal(alloc, alloc_after);
	assert_ptr_equal(release, release_after);
	json_decref(kept);
	bytes_free(&out);
}

static void test_limits(void **state)
{
	struct bytes json = {0}, out = {0};
	const char *why;

	(void)state;
	bytes_addf(&json, "{\"a\":[");
	while (json.len < OTLP_JSON_LIMIT - 5)
		bytes_addf(&json, "{},");
	bytes_addf(&json, "{}]}");
	assert_true(json.len <= OTLP_JSON_LIMIT);
	assert_int_equal(otlp_json_decode(OTLP_LOGS, bytes_slice(&json), &out, &why),
			 OTLP_JSON_TOO_LARGE);
	json.len = 6;
	assert_true(bytes_reserve(&json, OTLP_JSON_LIMIT));
	memset(json.data + json.len, ' ', OTLP_JSON_LIMIT);
	json.len = OTLP_JSON_LIMIT;
	memcpy(json.data + json.len - 2, "]}", 2);
	assert_int_equal(otlp_json_decode(OTLP_LOGS, bytes_slice(&json), &out, &why), OTLP_JSON_OK);
	bytes_addc(&json, ' ');
	assert_int_equal(otlp_json_decode(OTLP_LOGS, bytes_slice(&json), &out, &why),
			 OTLP_JSON_TOO_LARGE);
	assert_int_equal(out.len, 0);
	bytes_free(&json);
	bytes_free(&out);
}

/* ---- Other messages, and values ---- */

static void test_other_messages(void **state)
{
	static const char answer[] =
		"{\"partialSuccess\":{\"rejectedDataPoints\":\"3\",\"errorMessage\":\"too old\"}}";
	static const char status[] = "{\"code\":14,\"message\":\"later\",\"details\":[{}]}";
	struct bytes wire = {0}, json = {0};
	const char *why;

	(void)state;
	assert_int_equal(
		otlp_json_decode_message(&otlp__export_metrics_service_response__descriptor,
					 slice_str(answer), &wire, &why),
		OTLP_JSON_OK);
	assert_true(otlp_json_encode_message(&otlp__export_metrics_service_response__descriptor,
					     bytes_slice(&wire), &json));
	assert_string_equal(bytes_cstr(&json), answer);
	wire.len = json.len = 0;
	assert_int_equal(otlp_json_decode_message(&rpc__status__descriptor, slice_str(status),
						  &wire, &why),
			 OTLP_JSON_OK);
	assert_true(otlp_json_encode_message(&rpc__status__descriptor, bytes_slice(&wire), &json));
	assert_string_equal(bytes_cstr(&json), status);
	bytes_free(&wire);
	bytes_free(&json);
}

static void test_doubles_are_short(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{0, "0"},
		{-0.0, "-0.0"},
		{1, "1"},
		{-12.5, "-12.5"},
		{0.1, "0.1"},
		{1.0 / 3, "0.3333333333333333"},
		{1e14, "100000000000000"},
		{1e15, "1e+15"},
		{1e300, "1e+300"},
		{0.1 + 0.2, "0.30000000000000004"},
		{-5e-324, "-4.94065645841247e-324"},
	};
	struct bytes out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		out.len = 0;
		otlp_json_print_double(&out, cases[i].value);
		assert_string_equal(bytes_cstr(&out), cases[i].text);
	}
	bytes_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_fits),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_made_requests),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_mended_to_the_end),
		cmocka_unit_test(test_short_memory),
		cmocka_unit_test(test_jansson_is_left_as_it_was),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_other_messages),
		cmocka_unit_test(test_doubles_are_short),
	};

	return cmocka_run_group_tests_name("otlp_json", tests, NULL, NULL);
}
