/* SPDX-License-Identifier: Apache-2.0 */
#include "self_logs.h"

#include <string.h>

#include "base/log.h"
#include "domain/own_request.h"
#include "domain/value.h"
#include "logs.pb-c.h"

struct self_log {
	uint64_t time; /* nanoseconds since 1970 */
	enum log_level level;
	char text[SELF_LOGS_TEXT];
};

static struct {
	struct self_log logs[SELF_LOGS_HELD];
	size_t count;
	unsigned seen; /* in this life */
} held;

/* The length to cut to, between two characters. */
static size_t fitting(const char *text)
{
	size_t len = strnlen(text, SELF_LOGS_TEXT);

	if (len < SELF_LOGS_TEXT)
		return len;
	len--;
	/* At most three: what is no UTF-8 may go on like this for ever. */
	while (len > SELF_LOGS_TEXT - 4 && ((uint8_t)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* Memory may be short, and that may be what is said: nothing is allocated here. */
static void keep(enum log_level level, const char *message)
{
	struct self_log *log;
	size_t len;

	if (held.count == SELF_LOGS_HELD || held.seen == SELF_LOGS_LIFE)
		return;
	log = &held.logs[held.count++];
	held.seen++;
	len = fitting(message);
	log->time = (uint64_t)now_read().real;
	log->level = level;
	memcpy(log->text, message, len);
	log->text[len] = 0;
}

void self_logs_start(void)
{
	held.count = held.seen = 0;
	log_set_observer(keep);
}

/* NULL where memory is short. */
static Otlp__LogRecord *record_of(struct arena *a, const struct self_log *log)
{
	Otlp__LogRecord *record = VALUE_NEW(a, Otlp__LogRecord, OTLP__LOG_RECORD__INIT);
	const char *text = value_mended(a, slice_str(log->text));
	bool error = log->level == LOG_ERROR;

	if (!record || !text)
		return NULL;
	record->time_unix_nano = record->observed_time_unix_nano = log->time;
	record->severity_number = error ? OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_ERROR
					: OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_WARN;
	record->severity_text = error ? "ERROR" : "WARN";
	record->body = value_string(a, slice_str(text));
	return record;
}

void self_logs_flush(struct store *store, struct now now)
{
	struct otlp_verdict verdict = {.valid = true, .items = held.count};
	struct bytes message = {0};
	struct own_request request;
	struct arena arena = {0};

	if (held.count == 0 || !store_takes(store, OTLP_LOGS))
		return;
	request = own_request_begin(&message);
	for (size_t i = 0; i < held.count; i++) {
		const Otlp__LogRecord *record = record_of(&arena, &held.logs[i]);

		if (record)
			own_request_add(&record->base, &message);
	}
	own_request_end(&request, &message);
	message.failed |= arena.failed;
	held.count = 0;
	if (message.failed)
		store_lost(store, OTLP_LOGS, verdict.items);
	else
		store_accept_own(store, OTLP_LOGS, &message, &verdict, now);
	bytes_free(&message);
	arena_free(&arena);
}
