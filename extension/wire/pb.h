/* SPDX-License-Identifier: Apache-2.0 */
/* The protobuf wire format, read and spliced in place: fields of a message one after the other,
 * no objects. https://protobuf.dev/programming-guides/encoding/ */
#ifndef WIRE_PB_H
#define WIRE_PB_H

#include "base/bytes.h"

enum pb_type {
	PB_VARINT = 0,
	PB_FIXED64 = 1,
	PB_LEN = 2,
	PB_GROUP = 3,
	PB_END_GROUP = 4,
	PB_FIXED32 = 5,
};

/* Groups (deprecated, unknown to OTLP) may be nested that deep. */
#define PB_MAX_GROUPS 100

/* A walk over the fields of one message. `failed` is set for good by anything ill-formed. */
struct pb_reader {
	const uint8_t *p;
	const uint8_t *end;
	bool failed;
};

struct pb_field {
	uint32_t number;
	enum pb_type type;
	uint64_t scalar;    /* PB_VARINT, PB_FIXED64, PB_FIXED32 */
	struct slice value; /* PB_LEN: the contents; PB_GROUP: what is between its two tags */
	struct slice whole; /* the field with its tag: what a splice copies */
};

struct pb_reader pb_read(struct slice message);

/* The next field; false at the end or where the bytes are no message (then `failed`). Groups are
 * skipped whole. */
bool pb_next(struct pb_reader *r, struct pb_field *field);

/* The first field of this number and type PB_LEN, or {NULL, 0}. A field that is there and empty
 * has a pointer. */
struct slice pb_find(struct slice message, uint32_t number);

/* The same where the message may have been cut: of a last field that is cut, what is there. */
struct slice pb_find_cut(struct slice message, uint32_t number);

/* The pieces, for whoever walks without pb_reader: each returns where the next byte to read is, or
 * NULL where the bytes are ill-formed or end too early. A varint has at most 10 bytes and 64
 * bits. */
const uint8_t *pb_get_varint(const uint8_t *p, const uint8_t *end, uint64_t *value);
/* `type` may come out as anything from 0 to 7; the number is never 0. */
const uint8_t *pb_get_tag(const uint8_t *p, const uint8_t *end, uint32_t *number, unsigned *type);
/* From behind the start tag of a group of that number to behind its end tag. */
const uint8_t *pb_skip_group(const uint8_t *p, const uint8_t *end, uint32_t number,
			     struct slice *contents);

void pb_put_varint(struct bytes *out, uint64_t value);
void pb_put_tag(struct bytes *out, uint32_t number, enum pb_type type);
void pb_put_len(struct bytes *out, uint32_t number, struct slice value);

/* How many bytes pb_put_varint and pb_put_len will append. */
size_t pb_varint_size(uint64_t value);
size_t pb_len_size(uint32_t number, size_t value_len);

/* A message field whose length is not known yet: begin, append the contents, end. The mark that
 * begin returns goes to end, which moves the contents if their length takes more than the one
 * byte that begin leaves for it. Pairs nest. */
size_t pb_begin(struct bytes *out, uint32_t number);
void pb_end(struct bytes *out, size_t mark);
/* The same where `rest` bytes of the contents are still to come. */
void pb_end_before(struct bytes *out, size_t mark, size_t rest);

#endif
