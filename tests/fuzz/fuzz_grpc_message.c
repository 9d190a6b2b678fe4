/* SPDX-License-Identifier: Apache-2.0 */
/* Length-prefixed messages out of any bytes: cut as the input says and byte by byte they are the
 * same, within the limit, and what was announced. */
#include <stdlib.h>
#include <string.h>

#include "edges/grpc_message.h"

#define LIMIT ((size_t)1 << 16)

/* Feeds pieces of at most `step` bytes; a step of 0 takes their sizes from `sizes` in turn. */
static enum grpc_step feed(struct grpc_message *m, struct slice in, size_t step, struct slice sizes)
{
	enum grpc_step result = GRPC_STEP_OK;

	for (size_t i = 0; in.len > 0 && result == GRPC_STEP_OK; i++) {
		size_t len = step ? step : (size_t)sizes.data[i % sizes.len] + 1;
		uint8_t *copy;

		if (len > in.len)
			len = in.len;
		/* Of exactly that size, so that a read beyond it is seen. */
		copy = malloc(len);
		if (!copy)
			abort();
		memcpy(copy, in.data, len);
		result = grpc_message_feed(m, slice_of(copy, len), LIMIT);
		free(copy);
		in = slice_of(in.data + len, in.len - len);
	}
	return result;
}

static void check(const struct grpc_message *m, enum grpc_step result, struct slice in)
{
	if (m->body.len > m->length || m->body.cap > m->length)
		abort();
	if (result != GRPC_STEP_TOO_LARGE && m->length > LIMIT)
		abort();
	if (result == GRPC_STEP_OK && grpc_message_begun(m) != (in.len > 0))
		abort();
	if (m->body.len > 0 && memcmp(m->body.data, in.data + GRPC_PREFIX, m->body.len) != 0)
		abort();
	if (result == GRPC_STEP_OK && grpc_message_whole(m) && in.len != GRPC_PREFIX + m->length)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cuts = size < 4 ? size : 4;
	struct slice sizes = {data, cuts}, in = {data + cuts, size - cuts};
	struct grpc_message cut = {0}, bytewise = {0};
	enum grpc_step one, other;

	if (in.len == 0)
		return 0;
	one = feed(&cut, in, 0, sizes);
	other = feed(&bytewise, in, 1, sizes);
	check(&cut, one, in);
	check(&bytewise, other, in);
	/* Where more follows the first message only the bytes before it may differ. */
	if (one != other || cut.length != bytewise.length || cut.compressed != bytewise.compressed)
		abort();
	if (one == GRPC_STEP_OK &&
	    !slice_equal(bytes_slice(&cut.body), bytes_slice(&bytewise.body)))
		abort();
	bytes_free(&cut.body);
	bytes_free(&bytewise.body);
	return 0;
}
