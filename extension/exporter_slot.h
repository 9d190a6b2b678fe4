/* SPDX-License-Identifier: Apache-2.0 */
/* Where one signal of a destination is with its export: the exporter's inside. */
#ifndef EXPORTER_SLOT_H
#define EXPORTER_SLOT_H

#include "edges/spool.h"
#include "edges/transfer.h"
#include "policy/destination.h"

struct exporter;

/* One request at a time for each signal of a destination. */
struct exporter_slot {
	struct exporter *exporter;
	struct destination *destination;
	enum otlp_signal signal;
	struct batch batch;
	struct spool_batch file;   /* where batch.on_disk */
	struct transfer *transfer; /* NULL: none under way */
	int64_t began;             /* mono: the last request; INT64_MIN: never */
	int64_t redial_at; /* mono: a freeze came over it, and then it is lost; else INT64_MAX */
	bool gave_up;      /* failed within this flush: not again before the next */
	bool held;         /* this flush has waited for it */
	bool answered;     /* within this flush */
	unsigned said;     /* a bit for each verdict that was said */
	bool partial_said;
};

static inline struct circuit *slot_circuit(const struct exporter_slot *slot)
{
	return &slot->destination->circuit[slot->signal];
}

#endif
