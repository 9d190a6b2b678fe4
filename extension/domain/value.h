/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP values and attributes as objects, made in an arena: for the messages that lull makes itself.
 * Where memory is short all of these return NULL and the arena's flag is set. */
#ifndef DOMAIN_VALUE_H
#define DOMAIN_VALUE_H

#include "base/arena.h"
#include "common.pb-c.h"

/* A terminated copy. protobuf-c's strings end at a NUL: one inside becomes U+FFFD. */
char *value_text(struct arena *a, struct slice s);

/* The same of any bytes: what is no UTF-8 becomes U+FFFD, too. */
char *value_mended(struct arena *a, struct slice s);

/* `s` must be valid UTF-8. */
Otlp__AnyValue *value_string(struct arena *a, struct slice s);
Otlp__AnyValue *value_int(struct arena *a, int64_t i);

/* A copy as a field of type bytes, which is empty where memory is short; then false. */
bool value_bytes(struct arena *a, ProtobufCBinaryData *to, const uint8_t *data, size_t size);

/* What an AnyValue has whose contents are these. */
Otlp__AnyValue *value_of(struct arena *a, struct slice any);

Otlp__KeyValue *value_attribute(struct arena *a, struct slice key, Otlp__AnyValue *value);

/* A message allocated in the arena: `INIT` is the generated initialiser's value. */
#define VALUE_NEW(arena, Type, INIT)                                                               \
	__extension__({                                                                            \
		Type *new_ = arena_alloc(arena, sizeof *new_);                                     \
		if (new_)                                                                          \
			*new_ = (Type)INIT;                                                        \
		new_;                                                                              \
	})

#endif
