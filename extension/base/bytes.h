/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed and owned runs of bytes. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that somebody else owns. Not terminated. {NULL, 0} is the empty slice. */
struct slice {
	const uint8_t *data;
	size_t len;
};

/* Bytes that are owned here. {0} is the empty one. Once an allocation has failed `failed` stays
 * set and every further append does nothing: write blindly, check once at the end. */
struct bytes {
	uint8_t *data;
	size_t len;
	size_t cap;
	bool failed;
};

/* A string literal or other terminated string as a slice. */
struct slice slice_str(const char *s);

/* The first `len` bytes at `data`. */
struct slice slice_of(const void *data, size_t len);

/* All that is in `b`; valid until `b` changes. */
struct slice bytes_slice(const struct bytes *b);

bool slice_equal(struct slice a, struct slice b);

/* Does the slice hold exactly the terminated string `s`? */
bool slice_is(struct slice a, const char *s);

bool slice_starts(struct slice a, const char *prefix);

/* Where `needle` first stands in `hay`, or NULL. The empty needle is found at the start. */
const uint8_t *slice_find(struct slice hay, struct slice needle);

/* All before the first `end`, or all there is; `rest` is moved behind that. */
struct slice slice_take_until(struct slice *rest, uint8_t end);

/* Without white space (space, tab, CR, LF) at both ends. */
struct slice slice_trim(struct slice a);

/* Makes room for `extra` more bytes; false (and `failed` set) where memory is short. */
bool bytes_reserve(struct bytes *b, size_t extra);

/* Room for `cap` bytes in all, which are not fewer than there are, and hardly more, where
 * bytes_reserve() doubles. False, and `b` as it was, where memory is short. */
bool bytes_set_capacity(struct bytes *b, size_t cap);

void bytes_append(struct bytes *b, const void *data, size_t len);
void bytes_add(struct bytes *b, struct slice s);
void bytes_addc(struct bytes *b, uint8_t c);
void bytes_addf(struct bytes *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The first `len` bytes, which are there, give way to `by`, which is elsewhere. */
void bytes_replace(struct bytes *b, size_t len, struct slice by);

/* A terminating NUL behind the contents, not counted in `len`. NULL where memory was short. */
const char *bytes_cstr(struct bytes *b);

/* Gives unused capacity back where it is worth it: for what is kept for long. */
void bytes_fit(struct bytes *b);

/* Frees and leaves {0}. */
void bytes_free(struct bytes *b);

/* Moves ownership out of `from`, which is left {0}. */
struct bytes bytes_move(struct bytes *from);

#endif
