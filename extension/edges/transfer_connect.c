/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting ahead of the first transfer, while the runtime initialises: that costs the function
 * nothing. */
#include "base/now.h"
#include "edges/transfer.h"
#include "edges/transfer_request.h"

/* What is not connected by then is left to the first transfer. */
#define LONGEST (5 * NS_PER_S)

static bool under_way(const struct transfers *all, const struct export_settings *settings)
{
	for (const struct transfer *t = all->first; t; t = t->next)
		if (share_alike(t->settings, settings))
			return true;
	return false;
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
	curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, "OPTIONS");
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
