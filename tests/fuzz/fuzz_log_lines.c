/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what the Telemetry API posts, as one line of text, and as JSON. libFuzzer feeds it;
 * the unit tests include it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "domain/log_records.h"
#include "require.h"
#include "wire/json_mend.h"
#include "wire/json_valid.h"
#include "wire/otlp.h"

struct reading {
	struct log_records records;
	size_t lines;
};

static void add_event(void *ctx, const struct telemetry_event *event)
{
	struct reading *reading = ctx;

	if (event->type != EVENT_FUNCTION && event->type != EVENT_BROKEN)
		return;
	log_records_add(&reading->records, event, 1);
	reading->lines++;
}

/* Every line is a record or counted as none, and the request is one that backends take. */
static void require_good(struct reading *reading)
{
	struct log_records *records = &reading->records;
	size_t count = records->count;
	struct bytes out = {0};
	struct otlp_verdict verdict;

	REQUIRE(count + records->filtered == reading->lines);
	REQUIRE(log_records_finish(records, &out));
	verdict = otlp_check(OTLP_LOGS, bytes_slice(&out));
	REQUIRE(verdict.valid && !verdict.alone && verdict.items == count);
	bytes_free(&out);
}

static struct reading reading_with(bool parse_json, Otlp__SeverityNumber least)
{
	static const struct invocations table = {
		.ring = {{.request_id = "8286a188-ba32-4475-8077-530cd35c09a9"}},
		.count = 1,
		.current = 1,
	};

	return (struct reading){
		.records = {.invocations = &table, .parse_json = parse_json, .least = least}};
}

static void try_post(struct slice body)
{
	struct reading reading = reading_with(true,
					      OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_UNSPECIFIED);

	telemetry_each(body, add_event, &reading);
	require_good(&reading);
}

/* As Lambda would hand over a line with these bytes in it. */
static void try_line(struct slice line, bool parse_json)
{
	struct reading reading = reading_with(parse_json,
					      OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_WARN);
	struct bytes record = {0};

	bytes_addc(&record, '"');
	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = line.data[i];

		if (c < 0x20 || c == '"' || c == '\\')
			bytes_addf(&record, "\\u%04x", c);
		else
			bytes_addc(&record, c);
	}
	bytes_addc(&record, '"');
	add_event(&reading,
		  &(struct telemetry_event){.type = EVENT_FUNCTION, .text = bytes_slice(&record)});
	require_good(&reading);
	bytes_free(&record);
}

/* A number of which jansson takes all digits, and lull only so many. */
static bool has_long_number(struct slice text)
{
	size_t run = 0;

	for (size_t i = 0; i < text.len && run < JSON_NUMBER_SIZE; i++)
		run = text.data[i] && strchr("0123456789+-.eE", text.data[i]) ? run + 1 : 0;
	return run == JSON_NUMBER_SIZE;
}

/* jansson is the judge; it refuses keys with a NUL, which are JSON. */
static void try_json(struct slice text)
{
	bool valid = json_valid(text);
	json_error_t error;
	json_t *json = json_loadb((const char *)text.data, text.len,
				  JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	struct bytes mended = {0};

	/* For jansson a NUL is the end, whatever follows. */
	if (!memchr(text.data, 0, text.len) && !strstr(error.text, "NUL byte in object key") &&
	    !has_long_number(text))
		REQUIRE(valid == (json != NULL));
	json_decref(json);
	json_mend(text, &mended);
	if (valid)
		REQUIRE(slice_equal(bytes_slice(&mended), text));
	bytes_free(&mended);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_of(data, size);

	if (size == 0)
		return 0;
	try_post(input);
	try_line(input, true);
	try_line(input, false);
	try_json(input);
	return 0;
}
