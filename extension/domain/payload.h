/* SPDX-License-Identifier: Apache-2.0 */
/* What travels: the bytes of one export request with what policy must know of them. */
#ifndef DOMAIN_PAYLOAD_H
#define DOMAIN_PAYLOAD_H

#include "base/bytes.h"
#include "wire/otlp.h"

/* Shared by the queues of all destinations: kept once, freed with the last reference. */
struct payload {
	unsigned references;
	enum otlp_signal signal;
	struct bytes message; /* an Export*ServiceRequest */
	size_t items;         /* spans, log records, data points */
	int64_t arrived;      /* struct now, mono */
	bool alone;           /* never to be joined with others */
	unsigned maybe_sent;  /* by destination, a bit each: a request with it may have arrived */
	bool own;             /* lull made it by itself: nobody misses it where it is not taken */
	bool lines;           /* records that lull made: they get the trace of their request */
	bool sent; /* records that the function sent: they get the values of their request */
	uint64_t requests; /* of which requests: join_requests() */
	size_t *held;      /* the account of bytes it is in */
};

/* Takes the message over (`*message` is left {0}) with one reference. Its bytes are added to
 * `*held` until the end of its life. NULL, and the message freed, where memory is short. */
struct payload *payload_new(enum otlp_signal signal, struct bytes *message, size_t items,
			    int64_t arrived, size_t *held);

/* Takes the message, and off the account, out of one that has a single reference. */
struct bytes payload_take_message(struct payload *payload);

struct payload *payload_ref(struct payload *payload);
void payload_unref(struct payload *payload);

/* Payloads in order, each with one reference of the list. {0} is empty. */
struct payload_list {
	struct payload **ring;
	size_t head;
	size_t count;
	size_t cap;
	size_t bytes; /* of all messages */
};

/* Take the caller's reference over. False (and the reference stays with the caller) where memory is
 * short; that cannot be after payload_list_reserve(). */
bool payload_list_push(struct payload_list *list, struct payload *payload);
bool payload_list_push_front(struct payload_list *list, struct payload *payload);
bool payload_list_reserve(struct payload_list *list, size_t extra);

/* Gives the first one and its reference away; NULL where the list is empty. */
struct payload *payload_list_pop(struct payload_list *list);

/* The one at `index` from the front: borrowed. */
struct payload *payload_list_at(const struct payload_list *list, size_t index);

size_t payload_list_items(const struct payload_list *list);
void payload_list_free(struct payload_list *list);

#endif
