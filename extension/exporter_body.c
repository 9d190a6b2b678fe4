/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter_body.h"

#include "edges/grpc_message.h"
#include "wire/gzip.h"
#include "wire/otlp_json.h"

static bool add(struct slice raw, bool gzip, struct bytes *body)
{
	if (gzip)
		return gzip_encode(raw, body);
	bytes_add(body, raw);
	return !body->failed;
}

/* The message behind its prefix, which says how long it is and whether it is compressed. */
static bool add_message(struct slice raw, bool gzip, struct bytes *body)
{
	static const uint8_t room[GRPC_PREFIX];

	bytes_append(body, room, sizeof room);
	if (body->failed || !add(raw, gzip, body))
		return false;
	grpc_message_prefix(body->len - GRPC_PREFIX, gzip, body->data);
	return true;
}

static bool add_json(enum otlp_signal signal, struct slice raw, bool gzip, struct bytes *body)
{
	struct bytes json = {0};
	bool ok = otlp_json_encode(signal, raw, &json);

	if (ok && !gzip)
		*body = bytes_move(&json);
	else if (ok)
		ok = gzip_encode(bytes_slice(&json), body);
	bytes_free(&json);
	return ok;
}

static bool add_by_protocol(const struct export_settings *settings, enum otlp_signal signal,
			    struct slice raw, struct bytes *body)
{
	bool gzip = settings->compression == COMPRESSION_GZIP;

	switch (settings->protocol) {
	case PROTOCOL_GRPC:
		return add_message(raw, gzip, body);
	case PROTOCOL_HTTP_JSON:
		return add_json(signal, raw, gzip, body);
	case PROTOCOL_HTTP_PROTOBUF:
	case PROTOCOL_BY_PORT:
		break;
	}
	return add(raw, gzip, body);
}

bool body_make(const struct batch *batch, const struct export_settings *settings,
	       struct bytes *body)
{
	struct bytes joined = {0};
	struct slice raw;
	bool ok;

	/* A copy less where it is one payload. */
	if (batch->members.count == 1) {
		raw = bytes_slice(&payload_list_at(&batch->members, 0)->message);
	} else {
		batch_join(batch, &joined);
		raw = bytes_slice(&joined);
	}
	ok = !joined.failed && add_by_protocol(settings, batch->signal, raw, body);
	bytes_free(&joined);
	return ok;
}
