/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/now.h"
#include "edges/transfer_answer.h"
#include "edges/transfer_error.h"
#include "edges/transfer_request.h"
#include "edges/transfer_share.h"

/* ---- How it ended ---- */

static void read_times(CURL *easy, struct transfer_times *times)
{
	const struct {
		CURLINFO info;
		int64_t *to;
	} steps[] = {
		{CURLINFO_NAMELOOKUP_TIME_T, &times->name},
		{CURLINFO_CONNECT_TIME_T, &times->connected},
		{CURLINFO_APPCONNECT_TIME_T, &times->tls},
		{CURLINFO_STARTTRANSFER_TIME_T, &times->first_byte},
		{CURLINFO_TOTAL_TIME_T, &times->all},
	};

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		curl_off_t microseconds = 0;

		curl_easy_getinfo(easy, steps[i].info, &microseconds);
		*steps[i].to = microseconds * 1000;
	}
}

/* `error` NULL: a whole answer is there. */
static void finish(struct transfer *t, const char *error)
{
	struct transfer_result result = {
		.error = error,
		.failure = t->failure,
		.maybe_taken = error ? request_maybe_taken(t) : t->maybe_taken,
	};
	struct grpc_response grpc = {0};

	read_times(t->easy, &result.times);
	/* Off the multi handle first: what is called may start or cancel others. */
	curl_multi_remove_handle(t->all->loop.multi, t->easy);
	if (!error)
		transfer_answer_read(t, &result, &grpc);
	if (t->done)
		t->done(t->ctx, &result);
	grpc_response_free(&grpc);
	request_free(t);
}

static void fail(struct transfer *t, const char *error)
{
	if (!request_send_again(t, false))
		finish(t, error);
}

static void out_of_time(struct transfer *t)
{
	t->failure = FAILURE_TIME;
	if (!request_send_again(t, true))
		finish(t, "no answer in time");
}

static struct transfer_error error_of(const struct transfer *t, CURLcode code)
{
	return (struct transfer_error){
		.code = code,
		.detail = t->error,
		.protocol = t->settings->protocol,
		.no_certificates = certificates_lack(&t->all->certificates,
						     t->settings->certificate),
	};
}

static void on_ended(CURL *easy, CURLcode code)
{
	char text[TRANSFER_ERROR_TEXT];
	struct transfer_error error;
	struct transfer *t = NULL;
	const char *missing;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
	/* Our own cut of an endless answer. */
	if (code == CURLE_WRITE_ERROR && transfer_answer_too_long(t))
		code = CURLE_OK;
	error = error_of(t, code);
	t->failure = transfer_error_kind(easy, &error);
	if (t->to_itself) {
		fail(t, "the endpoint is lull itself: set LULL_ENDPOINT to the backend's URL");
		return;
	}
	if (code != CURLE_OK) {
		transfer_error_say(&error, text);
		fail(t, text);
		return;
	}
	missing = transfer_answer_missing(t);
	if (missing)
		fail(t, missing);
	else
		finish(t, NULL);
}

/* ---- All of them ---- */

struct transfers *transfers_new(struct event_base *base, const char *layer,
				const struct config *config)
{
	struct transfers *all = calloc(1, sizeof *all);

	if (!all)
		return NULL;
	all->config = config;
	snprintf(all->layer, sizeof all->layer, "%s", layer);
	all->release = evtimer_new(base, share_release, all);
	all->read_on = evtimer_new(base, share_read_on, all);
	all->out_of_time = out_of_time;
	all->too_long = transfer_answer_too_long;
	if (transfer_loop_init(&all->loop, base, on_ended) && all->release && all->read_on)
		return all;
	transfers_free(all);
	return NULL;
}

static void drop_spare(struct transfers *all)
{
	if (all->spare)
		curl_easy_cleanup(all->spare);
	all->spare = NULL;
}

void transfers_free(struct transfers *transfers)
{
	if (!transfers)
		return;
	while (transfers->first)
		request_free(transfers->first);
	drop_spare(transfers);
	if (transfers->release)
		event_free(transfers->release);
	if (transfers->read_on)
		event_free(transfers->read_on);
	transfer_loop_free(&transfers->loop);
	certificates_free(&transfers->certificates);
	free(transfers);
}

void transfers_distrust(struct transfers *transfers)
{
	transfers_end_connecting(transfers);
	for (struct transfer *t = transfers->first; t; t = t->next)
		t->again = true;
	/* It knows name servers, which may be others where a snapshot is restored. */
	drop_spare(transfers);
	transfer_loop_distrust(&transfers->loop, NULL);
}

void transfers_distrust_backend(struct transfers *transfers, const struct export_settings *settings)
{
	const struct transfer_some alike = {settings, share_alike};

	for (struct transfer *t = transfers->first; t; t = t->next)
		t->again |= share_alike(t->settings, settings);
	transfer_loop_distrust(&transfers->loop, &alike);
}

/* ---- One ---- */

static bool add_header(struct transfer *t, const char *line)
{
	struct curl_slist *list = curl_slist_append(t->headers, line);

	if (list)
		t->headers = list;
	return list != NULL;
}

static bool add_grpc_headers(struct transfer *t, bool gzip)
{
	char timeout[32];

	/* At most eight digits: in milliseconds that is a day. */
	snprintf(timeout, sizeof timeout, "grpc-timeout: %" PRId64 "m",
		 t->settings->timeout / NS_PER_MS % INT64_C(100000000));
	return add_header(t, "te: trailers") &&
	       add_header(t, "content-type: application/grpc+proto") &&
	       add_header(t, "grpc-accept-encoding: gzip") && add_header(t, timeout) &&
	       (!gzip || add_header(t, "grpc-encoding: gzip"));
}

static bool add_http_headers(struct transfer *t, bool gzip)
{
	bool json = t->settings->protocol == PROTOCOL_HTTP_JSON;

	return add_header(t, json ? "Content-Type: application/json"
				  : "Content-Type: application/x-protobuf") &&
	       (!gzip || add_header(t, "Content-Encoding: gzip"));
}

static bool set_headers(struct transfer *t, bool gzip)
{
	bool grpc = t->settings->protocol == PROTOCOL_GRPC;
	char *const *headers = t->settings->headers;
	/* curl asks for 100-continue on its own and waits a second for it. */
	bool ok = add_header(t, "Expect:") &&
		  (grpc ? add_grpc_headers(t, gzip) : add_http_headers(t, gzip));

	for (; ok && headers && *headers; headers++)
		ok = add_header(t, *headers);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	return ok;
}

struct transfer *transfer_start(struct transfers *transfers, const struct export_settings *settings,
				struct transfer_body *body, transfer_done *done, void *ctx)
{
	struct transfer *t = request_new(transfers, settings);

	if (!t)
		return NULL;
	t->done = done;
	t->ctx = ctx;
	t->body = bytes_move(&body->bytes);
	curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.len);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, (const char *)t->body.data);
	if (set_headers(t, body->gzip) && request_send(t, settings->timeout))
		return t;
	request_free(t);
	return NULL;
}

bool transfer_cancel(struct transfer *transfer)
{
	bool maybe_taken = request_maybe_taken(transfer);

	request_free(transfer);
	return maybe_taken;
}
