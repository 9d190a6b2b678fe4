/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter_body.h"

#include "wire/gzip.h"

bool body_make(const struct batch *batch, const struct export_settings *settings,
	       struct bytes *body)
{
	bool gzip = settings->compression == COMPRESSION_GZIP, ok;
	struct bytes joined = {0};
	struct slice raw;

	/* A copy less where it is one payload. */
	if (gzip && batch->members.count == 1) {
		raw = bytes_slice(&payload_list_at(&batch->members, 0)->message);
	} else {
		batch_join(batch, &joined);
		raw = bytes_slice(&joined);
	}
	if (!gzip) {
		*body = bytes_move(&joined);
		return !body->failed;
	}
	ok = !joined.failed && gzip_encode(raw, body);
	bytes_free(&joined);
	return ok;
}
