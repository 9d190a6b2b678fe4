/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes that are looked for by their keys, read where they lie. */
#ifndef WIRE_OTLP_KEYS_H
#define WIRE_OTLP_KEYS_H

#include "base/bytes.h"

#define OTLP_KEYS 8
#define OTLP_KEY_LENGTH 100 /* bytes: the longest that is looked for */

/* Which. {0} is none. */
struct otlp_keys {
	unsigned count;
	struct slice names[OTLP_KEYS]; /* borrowed */

	/* Private: a bit for each length, modulo 64, that a key may have which is worth a look; and
	 * the same with those that have others within them. */
	uint64_t lengths, outer;
};

/* Adds one of at most OTLP_KEY_LENGTH bytes; there are fewer than OTLP_KEYS. */
void otlp_keys_add(struct otlp_keys *keys, struct slice name);

/* What an item has of them: the contents of the AnyValue, {NULL, 0} where there is none. */
struct otlp_finder {
	const struct otlp_keys *keys;
	bool nested; /* also looked for in objects: see otlp_find_attribute() */

	bool any;     /* something was found */
	unsigned own; /* a bit for each that is there under the very key */
	struct slice values[OTLP_KEYS];
	struct slice baggage; /* W3C's header, as instrumentations and loggers put it down */
};

/* Forgets what was found, before the next item; NULL is allowed. */
void otlp_find_again(struct otlp_finder *finder);

/* The contents of a KeyValue. Where `nested` is set, "order.id" is also the "id" in an object
 * "order", and any key is also what stands in an object (or in the objects of an array) in which
 * loggers keep their context: "mdc", "contextMap", "Scopes" and so on. The very key goes before; of
 * several the first holds. */
void otlp_find_attribute(struct otlp_finder *finder, struct slice key_value);

/* The same, and at once where the key is of another length than all that are looked for: every
 * attribute that passes comes by here. A KeyValue starts with its key: tag, length, name. */
static inline void otlp_find(struct otlp_finder *finder, struct slice key_value)
{
	uint64_t lengths = finder->nested ? finder->keys->outer : finder->keys->lengths;

	if (key_value.len > 2 && lengths >> (key_value.data[1] & 63) & 1)
		otlp_find_attribute(finder, key_value);
}

#endif
