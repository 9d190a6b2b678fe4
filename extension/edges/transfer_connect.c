/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting ahead of the first transfer, while the runtime initialises: that costs the function
 * nothing. */
#include "base/now.h"
#include "edges/grpc_message.h"
#include "edges/transfer.h"
#include "edges/transfer_request.h"
#include "edges/transfer_share.h"

/* What is not connected by then is left to the first transfer. */
#define LONGEST (5 * NS_PER_S)

static bool under_way(const struct transfers *all, const struct export_settings *settings)
{
	for (const struct transfer *t = all->first; t; t = t->next)
		if (share_alike(t->settings, settings))
			return true;
	return false;
}

static void ask_for_options(struct transfer *t)
{
	curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, "OPTIONS");
}

/* gRPC servers know no OPTIONS, and some leave it without any answer; but this, or that it is
 * UNIMPLEMENTED, comes from all of them. */
static void ask_for_health(struct transfer *t)
{
	static const char empty[GRPC_PREFIX];

	curl_easy_setopt(t->easy, CURLOPT_REQUEST_TARGET, "/grpc.health.v1.Health/Check");
	curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)sizeof empty);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, empty);
	t->headers = curl_slist_append(NULL, "content-type: application/grpc+proto");
	if (t->headers)
		curl_slist_append(t->headers, "te: trailers");
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

void transfers_connect(struct transfers *transfers, const struct export_settings *settings)
{
	struct transfer *t;

	if (!settings->endpoint || under_way(transfers, settings))
		return;
	t = request_new(transfers, settings);
	if (!t)
		return;
	/* Neither data nor the user's headers: those are secrets, and not needed for an answer,
	 * which may be 404 or 405 as well. It is read, so that the connection can be used again. */
	curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, CURLAUTH_NONE);
	if (settings->protocol == PROTOCOL_GRPC)
		ask_for_health(t);
	else
		ask_for_options(t);
	if (!request_send(t, LONGEST))
		request_free(t);
}

void transfers_end_connecting(struct transfers *transfers)
{
	struct transfer *next;

	for (struct transfer *t = transfers->first; t; t = next) {
		next = t->next;
		if (!t->done)
			request_free(t);
	}
}
