/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ledger_metrics.h"

#include <string.h>

#include "domain/metric_request.h"
#include "domain/value.h"

/* A metric and where its number stands: in struct ledger_account at `offset`. */
static const struct kind {
	const char *name;
	const char *description;
	size_t offset;
	bool monotonic;
} kinds[] = {
	{"lull.items.received", "Spans, log records and data points that were handed to lull.",
	 offsetof(struct ledger_account, received), true},
	{"lull.items.inherited", "Items that an earlier run of lull had left in files.",
	 offsetof(struct ledger_account, inherited), true},
	{"lull.items.exported", "Items that the backend took.",
	 offsetof(struct ledger_account, exported), true},
	{"lull.items.possible_duplicates",
	 "Exported items that an earlier request may have brought to the backend too.",
	 offsetof(struct ledger_account, possible_duplicates), true},
	{"lull.items.spooled", "Items that wait in files.",
	 offsetof(struct ledger_account, spooled), false},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* What is under way to one message. */
struct making {
	struct metric_request request;
	const struct ledger_books *books;
	size_t count;
};

/* `most` data points fit. NULL where memory is short. */
static Otlp__Sum *add_sum(struct making *m, const char *name, const char *description,
			  bool monotonic, size_t most)
{
	const struct metric_name called = {name, "{item}", description};

	return metric_sum(&m->request, &called, monotonic, most);
}

static void add_text(struct making *m, Otlp__NumberDataPoint *point, const char *key,
		     const char *text)
{
	Otlp__KeyValue *kv = value_attribute(&m->request.arena, slice_str(key),
					     value_string(&m->request.arena, slice_str(text)));

	if (kv)
		point->attributes[point->n_attributes++] = kv;
}

static void add_point(struct making *m, Otlp__Sum *sum, const struct ledger_books *books,
		      unsigned signal, uint64_t number, const char *reason)
{
	Otlp__NumberDataPoint *point = metric_number(&m->request, sum, number, 3);

	if (!point)
		return;
	add_text(m, point, "signal", otlp_signal_name((enum otlp_signal)signal));
	if (reason)
		add_text(m, point, "reason", reason);
	if (books->destination)
		add_text(m, point, "destination", books->destination);
}

static uint64_t number_of(const struct ledger_account *account, const struct kind *kind)
{
	uint64_t number;

	memcpy(&number, (const char *)account + kind->offset, sizeof number);
	return number;
}

static void add_kind(struct making *m, const struct kind *kind)
{
	Otlp__Sum *sum = add_sum(m, kind->name, kind->description, kind->monotonic,
				 m->count * OTLP_SIGNALS);

	for (size_t b = 0; sum && b < m->count; b++) {
		const struct ledger_books *books = &m->books[b];

		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			add_point(m, sum, books, s, number_of(&books->account[s], kind), NULL);
	}
}

static void add_held(struct making *m)
{
	Otlp__Sum *sum = add_sum(m, "lull.items.held", "Items that wait in memory.", false,
				 m->count * OTLP_SIGNALS);

	for (size_t b = 0; sum && b < m->count; b++)
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			add_point(m, sum, &m->books[b], s, m->books[b].held[s], NULL);
}

static size_t count_reasons(const struct making *m)
{
	size_t n = 0;

	for (size_t b = 0; b < m->count; b++)
		for (unsigned s = 0; s < OTLP_SIGNALS; s++)
			for (unsigned r = 0; r < DROP_REASONS; r++)
				n += m->books[b].account[s].dropped[r] > 0;
	return n;
}

static void add_drops(struct making *m, const struct ledger_books *books, Otlp__Sum *sum)
{
	for (unsigned s = 0; s < OTLP_SIGNALS; s++)
		for (unsigned r = 0; r < DROP_REASONS; r++)
			if (books->account[s].dropped[r] > 0)
				add_point(m, sum, books, s, books->account[s].dropped[r],
					  ledger_reason((enum drop_reason)r));
}

static void add_dropped(struct making *m)
{
	size_t n = count_reasons(m);
	Otlp__Sum *sum;

	/* A metric without data points says nothing. */
	if (n == 0)
		return;
	sum = add_sum(m, "lull.items.dropped", "Items that are lost, by reason.", true, n);
	for (size_t b = 0; sum && b < m->count; b++)
		add_drops(m, &m->books[b], sum);
}

size_t ledger_metrics(const struct ledger_books *books, size_t count, uint64_t start, uint64_t time,
		      struct bytes *out)
{
	struct making m = {
		.request = {.start = start, .time = time},
		.books = books,
		.count = count,
	};

	if (count == 0)
		return 0;
	for (size_t k = 0; k < KINDS; k++)
		add_kind(&m, &kinds[k]);
	add_held(&m);
	add_dropped(&m);
	return metric_request_finish(&m.request, out);
}
