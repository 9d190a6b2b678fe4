/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as gzip, and back. The first byte says how small the limit is. */
#include <stdlib.h>

#include "require.h"
#include "wire/gzip.h"

static void try_decode(struct slice in, size_t limit)
{
	struct bytes out = {0};
	enum gzip_result result;

	bytes_addc(&out, 'x');
	result = gzip_decode(in, limit, &out);
	REQUIRE(!out.failed && out.data[0] == 'x');
	REQUIRE(result == GZIP_OK ? out.len <= limit + 1 : out.len == 1);
	bytes_free(&out);
}

static void try_both(struct slice in)
{
	struct bytes packed = {0}, out = {0};

	REQUIRE(gzip_encode(in, &packed));
	REQUIRE(gzip_encode(in, &packed));
	REQUIRE(gzip_decode(bytes_slice(&packed), 2 * in.len, &out) == GZIP_OK);
	REQUIRE(out.len == 2 * in.len);
	REQUIRE(slice_equal(in, slice_of(out.data, in.len)));
	REQUIRE(slice_equal(in, slice_of(out.data + in.len, in.len)));
	if (in.len > 0)
		try_decode(bytes_slice(&packed), 2 * in.len - 1);
	/* Of what is nearly right more gets past the first check. */
	packed.data[in.len % packed.len] ^= 0x10;
	try_decode(bytes_slice(&packed), 2 * in.len);
	bytes_free(&packed);
	bytes_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	try_decode(slice_of(data + 1, size - 1), (size_t)1 << (data[0] % 20));
	try_both(slice_of(data + 1, size - 1));
	return 0;
}
