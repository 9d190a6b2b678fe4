/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/otlp.h"

/* Levels: the message in which one looks for children. */
enum { IN_REQUEST, IN_RESOURCE, IN_SCOPE, IN_METRIC, IN_DATA };

/* The numbers of the fields on the way down, alike for all three signals. */
static const uint32_t child_numbers[] = {
	[IN_REQUEST] = 1,  /* resource_spans, resource_logs, resource_metrics */
	[IN_RESOURCE] = 2, /* scope_spans, scope_logs, scope_metrics */
	[IN_SCOPE] = 2,    /* spans, log_records, metrics */
	[IN_METRIC] = 0,   /* see is_data */
	[IN_DATA] = 1,     /* data_points */
};

static const unsigned ancestors[OTLP_SIGNALS] = {
	[OTLP_TRACES] = 2,
	[OTLP_LOGS] = 2,
	[OTLP_METRICS] = OTLP_MAX_ANCESTORS,
};

#define COLLECTOR "/opentelemetry.proto.collector."

const char *otlp_signal_name(enum otlp_signal signal)
{
	static const char *const names[OTLP_SIGNALS] = {
		[OTLP_TRACES] = "traces",
		[OTLP_LOGS] = "logs",
		[OTLP_METRICS] = "metrics",
	};

	return names[signal];
}

const char *otlp_method_path(enum otlp_signal signal)
{
	static const char *const paths[OTLP_SIGNALS] = {
		[OTLP_TRACES] = COLLECTOR "trace.v1.TraceService/Export",
		[OTLP_LOGS] = COLLECTOR "logs.v1.LogsService/Export",
		[OTLP_METRICS] = COLLECTOR "metrics.v1.MetricsService/Export",
	};

	return paths[signal];
}

/* The oneof `data` of Metric: gauge, sum, histogram, exponential_histogram, summary. */
static bool is_data(uint32_t number)
{
	return number == 5 || number == 7 || number == 9 || number == 10 || number == 11;
}

/* Does this field of the message at `level` lead to items? */
static bool is_child(unsigned level, const struct pb_field *field)
{
	if (field->type != PB_LEN)
		return false;
	return level == IN_METRIC ? is_data(field->number) : field->number == child_numbers[level];
}

/* The ancestor that is a child of the message at `level`. */
static struct slice *ancestor(struct otlp_item *item, unsigned level)
{
	switch (level) {
	case IN_REQUEST:
		return &item->resource;
	case IN_RESOURCE:
		return &item->scope;
	case IN_SCOPE:
		return &item->metric;
	default:
		return &item->data;
	}
}

struct otlp_iter otlp_items(enum otlp_signal signal, struct slice request)
{
	struct otlp_iter iter = {.signal = signal};

	iter.readers[0] = pb_read(request);
	return iter;
}

bool otlp_next(struct otlp_iter *iter, struct otlp_item *item)
{
	struct pb_field field;

	for (;;) {
		if (!pb_next(&iter->readers[iter->level], &field)) {
			if (iter->level == 0)
				return false;
			iter->level--;
			continue;
		}
		if (!is_child(iter->level, &field))
			continue;
		if (iter->level == ancestors[iter->signal]) {
			iter->at.item = field.value;
			*item = iter->at;
			return true;
		}
		*ancestor(&iter->at, iter->level) = field.value;
		if (iter->level == IN_METRIC)
			iter->at.data_number = field.number;
		iter->readers[++iter->level] = pb_read(field.value);
	}
}

struct otlp_writer otlp_write(enum otlp_signal signal, struct bytes *out)
{
	return (struct otlp_writer){.signal = signal, .out = out};
}

/* The number that the child of the message at `level` has in it. */
static uint32_t child_number(const struct otlp_item *item, unsigned level)
{
	return level == IN_METRIC ? item->data_number : child_numbers[level];
}

/* All that the message at `level` has beside its children. */
static void add_around(struct slice message, unsigned level, struct bytes *out)
{
	struct pb_reader r = pb_read(message);
	struct pb_field field;

	while (pb_next(&r, &field))
		if (!is_child(level, &field))
			bytes_add(out, field.whole);
}

/* The same of an ancestor that may have been read before. */
static void add_known(struct otlp_known *known, struct slice message, unsigned level,
		      struct bytes *out)
{
	if (known->of != message.data) {
		bytes_free(&known->fields);
		add_around(message, level, &known->fields);
		/* Where memory was short this request is lost, and the next tries again. */
		known->of = known->fields.failed ? NULL : message.data;
	}
	bytes_add(out, bytes_slice(&known->fields));
	out->failed |= known->fields.failed;
}

/* Begins the next ancestor of w->open. */
static void open_ancestor(struct otlp_writer *w)
{
	unsigned level = w->depth;
	struct slice message = *ancestor(&w->open, level);

	w->marks[level] = pb_begin(w->out, child_number(&w->open, level));
	w->depth++;
	if (w->around)
		add_known(&w->around->level[level], message, w->depth, w->out);
	else
		add_around(message, w->depth, w->out);
}

static void close_to(struct otlp_writer *w, unsigned depth)
{
	while (w->depth > depth)
		pb_end(w->out, w->marks[--w->depth]);
}

void otlp_write_item(struct otlp_writer *w, const struct otlp_item *item)
{
	struct otlp_item last = w->open;
	unsigned same = 0;

	w->open = *item;
	/* An ancestor is never empty, so that no two of a level have one address. */
	while (same < w->depth && ancestor(&w->open, same)->data == ancestor(&last, same)->data)
		same++;
	close_to(w, same);
	while (w->depth < ancestors[w->signal])
		open_ancestor(w);
	pb_put_len(w->out, child_number(item, w->depth), item->item);
}

void otlp_write_end(struct otlp_writer *w)
{
	close_to(w, 0);
}

void otlp_around_free(struct otlp_around *around)
{
	for (unsigned i = 0; i < OTLP_MAX_ANCESTORS; i++)
		bytes_free(&around->level[i].fields);
}

void otlp_split(enum otlp_signal signal, struct slice request, size_t count, struct bytes *head,
		struct bytes *tail)
{
	struct otlp_writer first = otlp_write(signal, head), second = otlp_write(signal, tail);
	struct otlp_iter iter = otlp_items(signal, request);
	struct otlp_item item;
	size_t i;

	for (i = 0; otlp_next(&iter, &item); i++)
		otlp_write_item(i < count ? &first : &second, &item);
	otlp_write_end(&first);
	otlp_write_end(&second);
}
