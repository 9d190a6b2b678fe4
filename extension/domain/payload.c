/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/payload.h"

#include <stdlib.h>

struct payload *payload_new(enum otlp_signal signal, struct bytes *message, size_t items,
			    int64_t arrived, size_t *held)
{
	struct payload *p = calloc(1, sizeof *p);

	if (!p) {
		bytes_free(message);
		return NULL;
	}
	bytes_fit(message);
	*p = (struct payload){
		.references = 1,
		.signal = signal,
		.message = bytes_move(message),
		.items = items,
		.arrived = arrived,
		.held = held,
	};
	*held += sizeof *p + p->message.cap;
	return p;
}

struct bytes payload_take_message(struct payload *payload)
{
	*payload->held -= payload->message.cap;
	return bytes_move(&payload->message);
}

struct payload *payload_ref(struct payload *payload)
{
	payload->references++;
	return payload;
}

void payload_unref(struct payload *payload)
{
	if (!payload || --payload->references > 0)
		return;
	*payload->held -= sizeof *payload + payload->message.cap;
	bytes_free(&payload->message);
	free(payload);
}

/* `cap` is a power of two. */
static struct payload **slot(const struct payload_list *list, size_t index)
{
	return &list->ring[(list->head + index) & (list->cap - 1)];
}

bool payload_list_reserve(struct payload_list *list, size_t extra)
{
	size_t cap = list->cap ? list->cap : 16;
	struct payload **ring;

	while (cap < list->count + extra)
		cap *= 2;
	if (cap == list->cap)
		return true;
	ring = malloc(cap * sizeof *ring);
	if (!ring)
		return false;
	for (size_t i = 0; i < list->count; i++)
		ring[i] = *slot(list, i);
	free(list->ring);
	list->ring = ring;
	list->head = 0;
	list->cap = cap;
	return true;
}

bool payload_list_push(struct payload_list *list, struct payload *payload)
{
	if (!payload_list_reserve(list, 1))
		return false;
	list->count++;
	list->bytes += payload->message.len;
	*slot(list, list->count - 1) = payload;
	return true;
}

bool payload_list_push_front(struct payload_list *list, struct payload *payload)
{
	if (!payload_list_reserve(list, 1))
		return false;
	list->head = (list->head - 1) & (list->cap - 1);
	list->count++;
	list->bytes += payload->message.len;
	*slot(list, 0) = payload;
	return true;
}

struct payload *payload_list_pop(struct payload_list *list)
{
	struct payload *first;

	if (list->count == 0)
		return NULL;
	first = *slot(list, 0);
	list->head = (list->head + 1) & (list->cap - 1);
	list->count--;
	list->bytes -= first->message.len;
	return first;
}

struct payload *payload_list_at(const struct payload_list *list, size_t index)
{
	return *slot(list, index);
}

size_t payload_list_items(const struct payload_list *list)
{
	size_t items = 0;

	for (size_t i = 0; i < list->count; i++)
		items += payload_list_at(list, i)->items;
	return items;
}

void payload_list_free(struct payload_list *list)
{
	struct payload *p;

	while ((p = payload_list_pop(list)))
		payload_unref(p);
	free(list->ring);
	*list = (struct payload_list){0};
}
