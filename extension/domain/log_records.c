/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_records.h"

#include <string.h>

#include "base/utf8.h"
#include "domain/log_formats.h"
#include "domain/log_logfmt.h"
#include "domain/log_record.h"
#include "domain/log_stack.h"
#include "wire/json_escape.h"
#include "wire/json_mend.h"
#include "wire/json_valid.h"
#include "wire/otlp_value.h"
#include "wire/pb.h"

#define REQUEST_ID_KEY "faas.invocation_id" /* semantic conventions, FaaS attributes */

/* ---- Records ---- */

static void put_time(struct bytes *out, uint32_t number, uint64_t nanos)
{
	uint8_t le[8];

	for (size_t i = 0; i < sizeof le; i++)
		le[i] = (uint8_t)(nanos >> 8 * i);
	pb_put_tag(out, number, PB_FIXED64);
	bytes_append(out, le, sizeof le);
}

/* The beginning of a record, of what all have; to be ended with pb_end(). */
static size_t begin_record(struct log_records *r, const struct log_line *line, uint64_t observed)
{
	size_t mark;

	if (r->count++ == 0)
		r->request = own_request_begin(&r->out);
	r->last = r->out.len;
	mark = pb_begin(&r->out, OWN_REQUEST_ITEM);
	if (line->time_unix_nano)
		put_time(&r->out, RECORD_TIME, line->time_unix_nano);
	put_time(&r->out, RECORD_OBSERVED, observed);
	if (line->severity) {
		pb_put_tag(&r->out, RECORD_SEVERITY, PB_VARINT);
		pb_put_varint(&r->out, (uint64_t)line->severity);
	}
	if (line->level.len > 0)
		pb_put_len(&r->out, RECORD_SEVERITY_TEXT, line->level);
	return mark;
}

/* What a line in text said besides. */
static void put_prefix(struct bytes *out, const struct log_line *line)
{
	if (line->logger.len > 0)
		otlp_put_attribute(out, RECORD_ATTRIBUTES, "logger", line->logger);
	if (line->process.len > 0)
		otlp_put_member(out, RECORD_ATTRIBUTES, slice_str("process.pid"), line->process);
}

static void put_request(struct log_records *r, struct slice id)
{
	const struct invocation *current = invocations_current(r->invocations);

	if (id.len == 0 && current)
		id = slice_str(current->request_id);
	if (id.len > 0)
		otlp_put_attribute(&r->out, RECORD_ATTRIBUTES, REQUEST_ID_KEY, id);
}

/* Severity is known and below what is wanted. */
static bool is_filtered(struct log_records *r, const struct log_line *line)
{
	if (!line->severity || line->severity >= r->least)
		return false;
	r->filtered++;
	return true;
}

/* ---- JSON ---- */

/* The text of an object as JSON, mended if need be; empty where it is none. */
static struct slice as_object(struct log_records *r, struct slice text)
{
	text = slice_trim(text);
	if (text.len < 2 || text.data[0] != '{' || text.data[text.len - 1] != '}')
		return (struct slice){0};
	if (json_valid(text))
		return text;
	r->json.len = 0;
	json_mend(text, &r->json);
	return json_valid(bytes_slice(&r->json)) ? bytes_slice(&r->json) : (struct slice){0};
}

/* A runtime with the log format JSON puts what is printed into an object of its own: if that is all
 * there is, the object that was printed is read in its place. Returns the text of the one that
 * was. */
static struct slice read_printed(struct log_records *r, struct slice outer, struct log_line *line)
{
	struct slice message = log_object_only_message(&r->object), json;

	/* What is mended has its place taken. */
	if (!r->parse_json || outer.data == r->json.data || !slice_starts(message, "{"))
		return outer;
	r->printed.len = 0;
	json_unescape(message, &r->printed);
	json = as_object(r, bytes_slice(&r->printed));
	if (json.len == 0)
		return outer;
	log_object_read(&r->object, json, r->invocations, line);
	return json;
}

static void add_object(struct log_records *r, struct slice json, struct log_line line,
		       uint64_t observed)
{
	size_t mark;

	log_object_read(&r->object, json, r->invocations, &line);
	json = read_printed(r, json, &line);
	if (is_filtered(r, &line))
		return;
	mark = begin_record(r, &line, observed);
	put_prefix(&r->out, &line);
	log_object_put(&r->object, json, &r->out);
	if (!log_object_keeps(&r->object, REQUEST_ID_KEY))
		put_request(r, line.request_id);
	pb_end(&r->out, mark);
}

/* ---- Text ---- */

/* The platform hands a line over with its end. */
static struct slice without_end(struct slice text)
{
	while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
		text.len--;
	return text;
}

/* Lambda's runtime for Node ends what it says of an error with the error as an object:
 * "Invoke Error \t{"errorType":...". Its other members are the error's own. */
static bool ends_in_error(struct log_records *r, struct slice message)
{
	const uint8_t *object = slice_find(message, slice_str("\t{\"errorType\":"));
	struct log_line none = {0};
	struct slice json;

	if (!object)
		return false;
	json = as_object(r, slice_of(object, (size_t)(message.data + message.len - object)));
	if (json.len == 0)
		return false;
	log_object_read(&r->object, json, r->invocations, &none);
	return !r->object.is_emf;
}

/* What was thrown, of a message with a trace in it, which stays there. */
static void put_error(struct log_records *r, struct slice message)
{
	struct slice type, what;

	if (ends_in_error(r, message)) {
		log_object_put_error(&r->object, &r->out);
		return;
	}
	if (!log_stack_error(message, &type, &what))
		return;
	otlp_put_attribute(&r->out, RECORD_ATTRIBUTES, LOG_ERROR_TYPE, type);
	if (what.len > 0)
		otlp_put_attribute(&r->out, RECORD_ATTRIBUTES, LOG_ERROR_MESSAGE, what);
}

static void add_plain(struct log_records *r, const struct log_line *line, uint64_t observed)
{
	size_t mark;

	if (is_filtered(r, line))
		return;
	mark = begin_record(r, line, observed);
	otlp_put_string(&r->out, RECORD_BODY, line->message);
	put_prefix(&r->out, line);
	put_error(r, line->message);
	put_request(r, line->request_id);
	pb_end(&r->out, mark);
}

static void add_text(struct log_records *r, struct slice text, struct log_line line,
		     uint64_t observed)
{
	struct slice json = {0};

	log_formats_read(without_end(text), &line);
	if (r->parse_json)
		json = as_object(r, line.message);
	if (json.len == 0) {
		r->json.len = 0;
		if (log_logfmt_json(line.message, &r->json))
			json = bytes_slice(&r->json);
	}
	if (json.len > 0)
		add_object(r, json, line, observed);
	else
		add_plain(r, &line, observed);
}

/* A string of JSON as the text it stands for. */
static bool unquote(struct log_records *r, struct slice quoted)
{
	if (quoted.len < 2 || quoted.data[0] != '"')
		return false;
	if (!json_valid(quoted)) {
		r->json.len = 0;
		json_mend(quoted, &r->json);
		quoted = bytes_slice(&r->json);
		if (!json_valid(quoted))
			return false;
	}
	json_unescape(slice_of(quoted.data + 1, quoted.len - 2), &r->text);
	return true;
}

/* Any bytes as text that every reader takes: UTF-8, and without NUL. */
static void put_clean(struct slice raw, struct bytes *out)
{
	while (raw.len > 0) {
		const uint8_t *nul = memchr(raw.data, 0, raw.len);
		size_t len = nul ? (size_t)(nul - raw.data) : raw.len;

		utf8_repair(out, slice_of(raw.data, len));
		if (!nul)
			break;
		bytes_append(out, "\xef\xbf\xbd", 3);
		raw = slice_of(nul + 1, raw.len - len - 1);
	}
}

/* ---- All of them ---- */

void log_records_add(struct log_records *r, const struct telemetry_event *event, uint64_t observed)
{
	struct log_line line = {.time_unix_nano = event->time_unix_nano};
	struct slice json = {0};

	r->text.len = 0;
	if (event->type != EVENT_BROKEN) {
		json = as_object(r, event->text);
		if (json.len > 0) {
			add_object(r, json, line, observed);
			return;
		}
		if (unquote(r, event->text)) {
			add_text(r, bytes_slice(&r->text), line, observed);
			return;
		}
	}
	put_clean(event->text, &r->text);
	line.message = without_end(bytes_slice(&r->text));
	add_plain(r, &line, observed);
}

struct slice log_records_last(const struct log_records *r)
{
	if (r->out.failed)
		return (struct slice){0};
	return pb_find(slice_of(r->out.data + r->last, r->out.len - r->last), OWN_REQUEST_ITEM);
}

bool log_records_finish(struct log_records *r, struct bytes *out)
{
	bool ok;

	if (r->count > 0)
		own_request_end(&r->request, &r->out);
	ok = !r->out.failed && !r->text.failed && !r->json.failed && !r->printed.failed &&
	     !r->object.failed && !r->object.stack.failed;
	if (ok && r->count > 0)
		*out = bytes_move(&r->out);
	bytes_free(&r->out);
	bytes_free(&r->text);
	bytes_free(&r->json);
	bytes_free(&r->printed);
	log_object_free(&r->object);
	*r = (struct log_records){0};
	return ok;
}
