/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/grpc_message.h"

#include <string.h>

/* An announced length up to this is believed: that much is reserved at once. */
#define BELIEVED ((size_t)1 << 20)

static enum grpc_step take_prefix(struct grpc_message *m, size_t limit)
{
	const uint8_t *p = m->prefix;

	if (p[0] > 1)
		return GRPC_STEP_BAD_FLAG;
	m->compressed = p[0] == 1;
	m->length = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | (size_t)p[4];
	return m->length > limit ? GRPC_STEP_TOO_LARGE : GRPC_STEP_OK;
}

/* Not bytes_reserve(): its doubling knows no upper end, and the length is known here. */
static bool reserve(struct grpc_message *m, size_t len)
{
	size_t need = m->body.len + len;
	size_t cap = need * 2 > BELIEVED ? need * 2 : BELIEVED;

	if (need <= m->body.cap)
		return true;
	if (cap > m->length)
		cap = m->length;
	return bytes_set_capacity(&m->body, cap);
}

enum grpc_step grpc_message_feed(struct grpc_message *m, struct slice in, size_t limit)
{
	while (in.len > 0 && m->prefix_len < GRPC_PREFIX) {
		enum grpc_step step = GRPC_STEP_OK;

		m->prefix[m->prefix_len++] = *in.data++;
		in.len--;
		if (m->prefix_len == GRPC_PREFIX)
			step = take_prefix(m, limit);
		if (step != GRPC_STEP_OK)
			return step;
	}
	if (in.len == 0)
		return GRPC_STEP_OK;
	if (in.len > m->length - m->body.len)
		return GRPC_STEP_SECOND;
	if (!reserve(m, in.len))
		return GRPC_STEP_NO_MEMORY;
	memcpy(m->body.data + m->body.len, in.data, in.len);
	m->body.len += in.len;
	return GRPC_STEP_OK;
}

void grpc_message_prefix(size_t len, bool compressed, uint8_t out[static GRPC_PREFIX])
{
	out[0] = compressed;
	out[1] = (uint8_t)(len >> 24);
	out[2] = (uint8_t)(len >> 16);
	out[3] = (uint8_t)(len >> 8);
	out[4] = (uint8_t)len;
}

bool grpc_message_begun(const struct grpc_message *m)
{
	return m->prefix_len > 0;
}

bool grpc_message_whole(const struct grpc_message *m)
{
	return m->prefix_len == GRPC_PREFIX && m->body.len == m->length;
}
