/* SPDX-License-Identifier: Apache-2.0 */
#include "overflow.h"

#include "base/log.h"

static struct ledger_account *account_of(const struct overflow *o, const struct spool_batch *file)
{
	return &store_account(o->store, file->destination)[file->signal];
}

static void drop_file(struct overflow *o, const struct spool_batch *file, enum drop_reason reason)
{
	account_of(o, file)->spooled -= file->items;
	account_of(o, file)->dropped[reason] += file->items;
	spool_remove(o->spool, file);
}

/* Once: the ledger counts them. */
static void say_full(struct overflow *o)
{
	if (!o->said)
		log_warn("the buffer is full and the oldest data is dropped: the backend takes too "
			 "little; set LULL_BUFFER above %zu bytes, or LULL_SPOOL",
			 o->store->limit);
	o->said = true;
}

/* The batch to a file; older files make room for it. */
static bool spool_batch(struct overflow *o, struct destination *d, struct batch *batch)
{
	struct spool_batch oldest;

	if (!spool_takes(o->spool, batch->bytes))
		return false;
	while (!spool_has_room(o->spool, batch->bytes) && spool_take_oldest(o->spool, &oldest)) {
		say_full(o);
		drop_file(o, &oldest, DROP_BUFFER_FULL);
	}
	if (!spool_write(o->spool, d->number, batch->signal, &batch->members))
		return false;
	destination_spooled(d, batch);
	return true;
}

static void release_all(struct overflow *o)
{
	store_let_go(o->store, true, (struct now){0});
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		store_release(o->store, (enum otlp_signal)s, o->resource, SIZE_MAX);
}

/* The oldest of all, in a queue. NULL where nothing is left that could give way. A batch of what is
 * staged at a time: whoever sent the last of it waits for his answer. */
static struct destination *oldest(struct overflow *o, enum otlp_signal *signal)
{
	store_let_go(o->store, true, (struct now){0});
	while (store_oldest_is_staged(o->store, signal))
		store_release(o->store, *signal, o->resource, FLUSH_BATCH);
	return store_oldest(o->store, signal);
}

/* The batch to a file; false, and it is where it was, where none takes it. */
static bool move(struct overflow *o, struct destination *d, struct batch *batch)
{
	if (spool_batch(o, d, batch))
		return true;
	destination_settle(d, batch, &(struct outcome){.verdict = VERDICT_LATER}, (struct now){0});
	return false;
}

/* One step; false where nothing is left that could give way. */
static bool give_way(struct overflow *o)
{
	enum otlp_signal signal = OTLP_TRACES;
	struct destination *d = oldest(o, &signal);
	struct batch batch;

	if (!d)
		return false;
	if (spool_takes(o->spool, 0)) {
		if (!destination_take(d, signal, &batch))
			return destination_drop_oldest(d, DROP_NO_MEMORY);
		if (move(o, d, &batch))
			return true;
	}
	/* As little as needed goes. */
	say_full(o);
	return destination_drop_oldest(d, DROP_BUFFER_FULL);
}

void overflow_make_room(struct overflow *o, size_t beside)
{
	while (store_is_over(o->store, beside) && give_way(o))
		;
}

bool overflow_make_room_ahead(struct overflow *o, size_t beside)
{
	size_t ahead = beside + o->store->limit / 8;
	enum otlp_signal signal = OTLP_TRACES;
	struct destination *d;
	struct batch batch;

	return store_is_over(o->store, ahead) && spool_takes(o->spool, FLUSH_BATCH) &&
	       (d = oldest(o, &signal)) && destination_take(d, signal, &batch) &&
	       move(o, d, &batch);
}

static void spool_all(struct overflow *o)
{
	for (size_t i = 0; i < o->store->destination_count; i++) {
		struct destination *d = &o->store->destinations[i];
		struct batch batch;

		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			while (destination_take(d, (enum otlp_signal)s, &batch))
				if (!spool_batch(o, d, &batch))
					destination_drop(d, &batch, DROP_SHUTDOWN);
	}
}

void overflow_end(struct overflow *o, bool follows)
{
	struct spool_batch file;

	if (follows) {
		release_all(o);
		spool_all(o);
	}
	store_drop_all(o->store, DROP_SHUTDOWN);
	while (!follows && spool_take_oldest(o->spool, &file))
		drop_file(o, &file, DROP_SHUTDOWN);
}
