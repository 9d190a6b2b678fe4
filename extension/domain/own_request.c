/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/own_request.h"

#include "version.h"
#include "wire/pb.h"

/* Fields of Export*ServiceRequest, Resource*, Scope* and InstrumentationScope. */
enum { RESOURCE = 1, SCOPE_ITEMS = 2, SCOPE = 1, SCOPE_NAME = 1, SCOPE_VERSION = 2 };

struct own_request own_request_begin(struct bytes *out)
{
	struct own_request request;
	size_t scope;

	request.resource = pb_begin(out, RESOURCE);
	request.scope = pb_begin(out, SCOPE_ITEMS);
	scope = pb_begin(out, SCOPE);
	pb_put_len(out, SCOPE_NAME, slice_str("lull"));
	pb_put_len(out, SCOPE_VERSION, slice_str(LULL_VERSION));
	pb_end(out, scope);
	return request;
}

void own_request_end(const struct own_request *request, struct bytes *out)
{
	pb_end(out, request->scope);
	pb_end(out, request->resource);
}

void own_request_add(const ProtobufCMessage *item, struct bytes *out)
{
	size_t size;

	if (out->failed)
		return;
	size = protobuf_c_message_get_packed_size(item);
	pb_put_tag(out, OWN_REQUEST_ITEM, PB_LEN);
	pb_put_varint(out, size);
	if (bytes_reserve(out, size))
		out->len += protobuf_c_message_pack(item, out->data + out->len);
}
