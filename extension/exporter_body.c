/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter_body.h"

#include "edges/grpc_message.h"
#include "wire/gzip.h"
#include "wire/otlp_json.h"

static bool compresses(const struct export_settings *settings, struct slice raw)
{
	return settings->compression == COMPRESSION_GZIP && raw.len <= FLUSH_COMPRESS;
}

static bool add(struct slice raw, const struct export_settings *settings,
		struct transfer_body *body)
{
	body->gzip = compresses(settings, raw);
	if (body->gzip)
		return gzip_encode(raw, &body->bytes);
	bytes_add(&body->bytes, raw);
	return !body->bytes.failed;
}

/* The message behind its prefix, which says how long it is and whether it is compressed. */
static bool add_message(struct slice raw, const struct export_settings *settings,
			struct transfer_body *body)
{
	static const uint8_t room[GRPC_PREFIX];
	struct bytes *bytes = &body->bytes;

	bytes_append(bytes, room, sizeof room);
	if (bytes->failed || !add(raw, settings, body))
		return false;
	grpc_message_prefix(bytes->len - GRPC_PREFIX, body->gzip, bytes->data);
	return true;
}

static bool add_json(enum otlp_signal signal, struct slice raw,
		     const struct export_settings *settings, struct transfer_body *body)
{
	struct bytes json = {0};
	bool ok = otlp_json_encode(signal, raw, &json);

	if (ok && !compresses(settings, bytes_slice(&json)))
		body->bytes = bytes_move(&json);
	else if (ok)
		ok = add(bytes_slice(&json), settings, body);
	bytes_free(&json);
	return ok;
}

static bool add_by_protocol(const struct export_settings *settings, enum otlp_signal signal,
			    struct slice raw, struct transfer_body *body)
{
	switch (settings->protocol) {
	case PROTOCOL_GRPC:
		return add_message(raw, settings, body);
	case PROTOCOL_HTTP_JSON:
		return add_json(signal, raw, settings, body);
	case PROTOCOL_HTTP_PROTOBUF:
	case PROTOCOL_BY_PORT:
		break;
	}
	return add(raw, settings, body);
}

bool body_make(const struct batch *batch, const struct export_settings *settings,
	       struct transfer_body *body)
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
