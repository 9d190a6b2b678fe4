/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/grpc_retry_info.h"

#include "base/base64.h"
#include "base/now.h"
#include "wire/pb.h"

/* google/rpc/status.proto, google/protobuf/any.proto, google/rpc/error_details.proto and
 * google/protobuf/duration.proto. */
enum {
	STATUS_DETAILS = 3,
	ANY_TYPE_URL = 1,
	ANY_VALUE = 2,
	RETRY_INFO_DELAY = 1,
	DURATION_SECONDS = 1,
	DURATION_NANOS = 2,
};

/* The part of the URL behind the last slash is the type's name. */
static bool is_retry_info(struct slice url)
{
	struct slice name = slice_str("/google.rpc.RetryInfo");

	return url.len >= name.len &&
	       slice_equal(slice_of(url.data + url.len - name.len, name.len), name);
}

static int64_t read_duration(struct slice duration)
{
	struct pb_reader r = pb_read(duration);
	struct pb_field field;
	int64_t seconds = 0, nanos = 0;

	while (pb_next(&r, &field)) {
		if (field.type == PB_VARINT && field.number == DURATION_SECONDS)
			seconds = (int64_t)field.scalar;
		else if (field.type == PB_VARINT && field.number == DURATION_NANOS)
			nanos = (int64_t)field.scalar;
	}
	if (seconds < 0 || seconds >= INT64_MAX / NS_PER_S || nanos < 0 || nanos >= NS_PER_S)
		return 0;
	return seconds * NS_PER_S + nanos;
}

bool grpc_retry_info(const char *details, int64_t *delay)
{
	struct bytes status = {0};
	struct pb_reader r;
	struct pb_field field;
	bool found = false;

	*delay = 0;
	if (!base64_decode(slice_str(details), &status) || status.failed) {
		bytes_free(&status);
		return false;
	}
	r = pb_read(bytes_slice(&status));
	while (!found && pb_next(&r, &field)) {
		if (field.number != STATUS_DETAILS || field.type != PB_LEN ||
		    !is_retry_info(pb_find(field.value, ANY_TYPE_URL)))
			continue;
		found = true;
		*delay = read_duration(pb_find(pb_find(field.value, ANY_VALUE), RETRY_INFO_DELAY));
	}
	bytes_free(&status);
	return found;
}
