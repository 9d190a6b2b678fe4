/* SPDX-License-Identifier: Apache-2.0 */
/* gzip (RFC 1952) of whole buffers. */
#ifndef WIRE_GZIP_H
#define WIRE_GZIP_H

#include "base/bytes.h"

enum gzip_result { GZIP_OK, GZIP_BAD, GZIP_TOO_LARGE, GZIP_NO_MEMORY };

/* Appends what `in` decompresses to, at most `limit` bytes. Several members one after the other
 * are one stream (RFC 1952, section 2.2); an empty input is GZIP_BAD. On anything but GZIP_OK
 * `out` is left as it was. */
enum gzip_result gzip_decode(struct slice in, size_t limit, struct bytes *out);

/* Appends `in` as one gzip member, at level 1: a 128 MB function has 7 % of a core. False where
 * memory is short; `out` is then left as it was. */
bool gzip_encode(struct slice in, struct bytes *out);

/* Frees what both keep between calls (a compressor is tens of KB and takes time to make). */
void gzip_free(void);

#endif
