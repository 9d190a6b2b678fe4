/* SPDX-License-Identifier: Apache-2.0 */
/* A batch as a body, by each protocol; what is too large to be compressed in one turn of the loop
 * goes as it is, and says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edges/grpc_message.h"
#include "exporter_body.h"
#include "wire/gzip.h"
#include "wire/otlp_json.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* One span with a name of so many bytes. */
static struct bytes request_with(size_t len)
{
	struct bytes message = {0}, name = {0};
	size_t resource = pb_begin(&message, 1), scope = pb_begin(&message, 2);
	size_t span = pb_begin(&message, 2);

	while (name.len < len)
		bytes_addc(&name, (uint8_t)('a' + name.len % 7));
	pb_put_len(&message, 5, bytes_slice(&name));
	pb_end(&message, span);
	pb_end(&message, scope);
	pb_end(&message, resource);
	bytes_free(&name);
	return message;
}

/* A request of exactly `size` bytes, at least so many that its four lengths take the same room. */
static struct bytes request_of(size_t size)
{
	struct bytes message = request_with(size - 64);
	size_t around = message.len - (size - 64);

	bytes_free(&message);
	message = request_with(size - around);
	assert_int_equal(message.len, size);
	return message;
}

static struct batch batch_of(struct bytes *message, size_t *held)
{
	struct batch batch = {.signal = OTLP_TRACES, .items = 1};
	struct payload *p = payload_new(OTLP_TRACES, message, 1, 0, held);

	assert_non_null(p);
	assert_true(payload_list_push(&batch.members, p));
	return batch;
}

/* What the backend has when it has unpacked that. */
static struct bytes received(const struct transfer_body *body, enum protocol protocol)
{
	size_t prefix = protocol == PROTOCOL_GRPC ? GRPC_PREFIX : 0;
	struct slice packed = slice_of(body->bytes.data + prefix, body->bytes.len - prefix);
	struct bytes out = {0};

	if (prefix > 0)
		assert_int_equal(body->bytes.data[0], body->gzip);
	if (body->gzip)
		assert_int_equal(gzip_decode(packed, (size_t)64 << 20, &out), GZIP_OK);
	else
		bytes_add(&out, packed);
	return out;
}

/* Whether it was compressed. */
static bool goes_compressed(enum protocol protocol, enum compression compression, size_t size)
{
	const struct export_settings settings = {.protocol = protocol, .compression = compression};
	struct bytes message = request_of(size), wanted = {0}, out;
	struct transfer_body body = {0};
	struct batch batch;
	size_t held = 0;

	if (protocol == PROTOCOL_HTTP_JSON)
		assert_true(otlp_json_encode(OTLP_TRACES, bytes_slice(&message), &wanted));
	else
		bytes_add(&wanted, bytes_slice(&message));
	batch = batch_of(&message, &held);
	assert_true(body_make(&batch, &settings, &body));
	out = received(&body, protocol);
	assert_true(slice_equal(bytes_slice(&out), bytes_slice(&wanted)));
	bytes_free(&out);
	bytes_free(&wanted);
	bytes_free(&body.bytes);
	payload_list_free(&batch.members);
	assert_int_equal(held, 0);
	return body.gzip;
}

static void test_what_is_compressed(void **state)
{
	static const enum protocol protocols[] = {PROTOCOL_HTTP_PROTOBUF, PROTOCOL_GRPC};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(protocols); i++) {
		assert_true(goes_compressed(protocols[i], COMPRESSION_GZIP, FLUSH_BATCH));
		assert_true(goes_compressed(protocols[i], COMPRESSION_GZIP, FLUSH_COMPRESS));
		assert_false(goes_compressed(protocols[i], COMPRESSION_GZIP, FLUSH_COMPRESS + 1));
		assert_false(goes_compressed(protocols[i], COMPRESSION_GZIP, (size_t)20 << 20));
		assert_false(goes_compressed(protocols[i], COMPRESSION_NONE, FLUSH_BATCH));
	}
}

/* There it is the text that counts, which is longer than the request. */
static void test_what_is_compressed_as_json(void **state)
{
	(void)state;
	assert_true(goes_compressed(PROTOCOL_HTTP_JSON, COMPRESSION_GZIP, FLUSH_BATCH_JSON));
	assert_true(goes_compressed(PROTOCOL_HTTP_JSON, COMPRESSION_GZIP, FLUSH_BATCH));
	assert_false(goes_compressed(PROTOCOL_HTTP_JSON, COMPRESSION_GZIP, FLUSH_COMPRESS));
	assert_false(goes_compressed(PROTOCOL_HTTP_JSON, COMPRESSION_NONE, FLUSH_BATCH_JSON));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_compressed),
		cmocka_unit_test(test_what_is_compressed_as_json),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	gzip_free();
	return failed;
}
