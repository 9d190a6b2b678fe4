/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/gzip.h"

#include <libdeflate.h>

#define LEVEL 1
#define TRAILER 8 /* CRC32 and ISIZE, RFC 1952 section 2.3.1 */
#define FIRST_SIZE 1024
#define MAX_RATIO 1032 /* of deflate: 258 bytes for a quarter of a byte */

static struct libdeflate_compressor *compressor;
static struct libdeflate_decompressor *decompressor;

/* What the trailer says the size is (modulo 2^32; of the last member), if that can be. */
static size_t first_size(struct slice in, size_t limit)
{
	size_t hint = FIRST_SIZE;

	if (in.len > TRAILER) {
		const uint8_t *t = in.data + in.len - 4;

		hint = (size_t)t[0] | (size_t)t[1] << 8 | (size_t)t[2] << 16 | (size_t)t[3] << 24;
	}
	/* Whoever writes a lie there must not make us ask for more than could come. */
	if (hint / MAX_RATIO > in.len)
		hint = in.len * MAX_RATIO;
	if (hint < FIRST_SIZE)
		hint = FIRST_SIZE;
	return hint < limit ? hint : limit;
}

/* One member from `in`, into `room` bytes or, while that is too little, twice as many, at most
 * `limit`. */
static enum gzip_result decode_member(struct slice *in, size_t *room, size_t limit,
				      struct bytes *out)
{
	size_t used, made;

	for (;;) {
		enum libdeflate_result result;

		/* One byte more, so that there is memory even where nothing may come. */
		if (!bytes_reserve(out, *room + 1))
			return GZIP_NO_MEMORY;
		result = libdeflate_gzip_decompress_ex(decompressor, in->data, in->len,
						       out->data + out->len, *room, &used, &made);
		if (result == LIBDEFLATE_SUCCESS)
			break;
		if (result != LIBDEFLATE_INSUFFICIENT_SPACE)
			return GZIP_BAD;
		if (*room >= limit)
			return GZIP_TOO_LARGE;
		*room = *room < limit / 2 ? *room * 2 : limit;
	}
	out->len += made;
	*in = (struct slice){in->data + used, in->len - used};
	return GZIP_OK;
}

enum gzip_result gzip_decode(struct slice in, size_t limit, struct bytes *out)
{
	size_t before = out->len, room = first_size(in, limit);
	enum gzip_result result = in.len > 0 ? GZIP_OK : GZIP_BAD;

	if (out->failed)
		return GZIP_NO_MEMORY;
	if (!decompressor)
		decompressor = libdeflate_alloc_decompressor();
	if (!decompressor)
		return GZIP_NO_MEMORY;
	while (result == GZIP_OK && in.len > 0) {
		size_t left = limit - (out->len - before);

		if (room > left)
			room = left;
		result = decode_member(&in, &room, left, out);
	}
	if (result != GZIP_OK) {
		out->len = before;
		out->failed = false;
	}
	return result;
}

bool gzip_encode(struct slice in, struct bytes *out)
{
	const void *data = in.len > 0 ? (const void *)in.data : "";
	size_t bound, made;

	if (!compressor)
		compressor = libdeflate_alloc_compressor(LEVEL);
	if (!compressor || out->failed)
		return false;
	bound = libdeflate_gzip_compress_bound(compressor, in.len);
	if (!bytes_reserve(out, bound)) {
		out->failed = false;
		return false;
	}
	made = libdeflate_gzip_compress(compressor, data, in.len, out->data + out->len, bound);
	out->len += made;
	return made > 0;
}

void gzip_free(void)
{
	libdeflate_free_compressor(compressor);
	libdeflate_free_decompressor(decompressor);
	compressor = NULL;
	decompressor = NULL;
}
