/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as OTLP JSON, and any bytes as a request to be JSON. libFuzzer feeds it; the unit tests
 * include it. The first byte is the signal and the direction, the rest the text or the request. */
#include <stdlib.h>

#include "require.h"
#include "wire/otlp_json.h"

/* What lull writes it reads, as the same. */
static void require_stable(enum otlp_signal signal, struct slice request)
{
	struct bytes text = {0}, back = {0}, again = {0};
	struct otlp_verdict was = otlp_check(signal, request), is;
	const char *why = "";

	REQUIRE(otlp_json_encode(signal, request, &text));
	REQUIRE(otlp_json_decode(signal, bytes_slice(&text), &back, &why) == OTLP_JSON_OK && !why);
	is = otlp_check(signal, bytes_slice(&back));
	REQUIRE(is.valid);
	/* Of a oneof that has several members on the wire JSON has the last. */
	REQUIRE(signal == OTLP_METRICS ? is.items <= was.items : is.items == was.items);
	REQUIRE(otlp_json_encode(signal, bytes_slice(&back), &again));
	REQUIRE(slice_equal(bytes_slice(&text), bytes_slice(&again)));
	bytes_free(&text);
	bytes_free(&back);
	bytes_free(&again);
}

static bool try_text(enum otlp_signal signal, struct slice text)
{
	struct bytes out = {0};
	const char *why = NULL;
	enum otlp_json_result result;

	bytes_addc(&out, 'x');
	result = otlp_json_decode(signal, text, &out, &why);
	REQUIRE(!out.failed && out.data[0] == 'x');
	REQUIRE((result == OTLP_JSON_OK) == !why);
	if (result != OTLP_JSON_OK) {
		REQUIRE(result == OTLP_JSON_BAD && out.len == 1);
	} else {
		struct slice request = slice_of(out.data + 1, out.len - 1);

		REQUIRE(otlp_check(signal, request).valid);
		require_stable(signal, request);
	}
	bytes_free(&out);
	return result == OTLP_JSON_OK;
}

static bool try_bytes(enum otlp_signal signal, struct slice request)
{
	struct bytes text = {0};

	if (otlp_check(signal, request).valid) {
		require_stable(signal, request);
		return true;
	}
	/* Nobody should, but it must not read or write where it may not. */
	bytes_addc(&text, 'x');
	if (!otlp_json_encode(signal, request, &text))
		REQUIRE(text.len == 1);
	bytes_free(&text);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = size > 0 ? slice_of(data + 1, size - 1) : slice_of(NULL, 0);

	if (size == 0)
		return 0;
	if (data[0] / OTLP_SIGNALS % 2)
		try_bytes((enum otlp_signal)(data[0] % OTLP_SIGNALS), rest);
	else
		try_text((enum otlp_signal)(data[0] % OTLP_SIGNALS), rest);
	return 0;
}
