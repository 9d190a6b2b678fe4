/* SPDX-License-Identifier: Apache-2.0 */
#include "overflow.h"

#include "base/log.h"

static struct ledger_account *account_of(const struct overflow *o, const struct spool_batch *file)
{
	return &o->store->destinations[file->destination].account[file->signal];
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
	unsigned number = (unsigned)(d - o->store->destinations);
	struct spool_batch oldest;

	if (!spool_takes(o->spool, batch->bytes))
		return false;
	while (!spool_has_room(o->spool, batch->bytes) && spool_take_oldest(o->spool, &oldest)) {
		say_full(o);
		drop_file(o, &oldest, DROP_BUFFER_FULL);
	}
	if (!spool_write(o->spool, number, batch->signal, &batch->members))
		return false;
	destination_spooled(d, batch);
	return true;
}

static void release_all(struct overflow *o)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		store_release(o->store, (enum otlp_signal)s, o->resource);
}

/* One step; false where nothing is left that could give way. */
static bool give_way(struct overflow *o)
{
	enum otlp_signal signal = OTLP_TRACES;
	struct destination *d = store_oldest(o->store, &signal);
	struct batch batch;

	if (!d) {
		release_all(o);
		d = store_oldest(o->store, &signal);
	}
	if (!d)
		return false;
	/* Without a spool as little as needed goes. */
	if (!spool_takes(o->spool, 0)) {
		say_full(o);
		return destination_drop_oldest(d, DROP_BUFFER_FULL);
	}
	if (!destination_take(d, signal, &batch))
		return destination_drop_oldest(d, DROP_NO_MEMORY);
	if (spool_batch(o, d, &batch))
		return true;
	/* As little as needed goes here, too. */
	destination_settle(d, &batch, &(struct outcome){.verdict = VERDICT_LATER}, (struct now){0});
	say_full(o);
	return destination_drop_oldest(d, DROP_BUFFER_FULL);
}

void overflow_make_room(struct overflow *o, size_t beside)
{
	while (store_is_over(o->store, beside) && give_way(o))
		;
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
