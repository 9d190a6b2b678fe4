/* SPDX-License-Identifier: Apache-2.0 */
/* The trace of a request whose own span never came, as the spans within it tell it. */
#ifndef DOMAIN_JOIN_CHILDREN_H
#define DOMAIN_JOIN_CHILDREN_H

#include "domain/invocations.h"
#include "wire/otlp_fields.h"

/* That request ended badly, or is about to: where no span has named its trace by now, those do that
 * began in its time and whose parent has not come, if all of them are of one trace and that is of
 * no other request. To be asked again when more may have come. */
void join_by_children(struct invocations *table, struct invocation *entry);

/* ---- For join.c ---- */

/* A span came, with these ids; `child`: it has a parent that may be in this process, and stands for
 * no request itself. */
void join_note_child(struct invocations *table, const struct otlp_span *span,
		     const struct seen_span *seen, bool child);

#endif
