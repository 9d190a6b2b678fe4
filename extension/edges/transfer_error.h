/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGES_TRANSFER_ERROR_H
#define EDGES_TRANSFER_ERROR_H

#include <curl/curl.h>
#include <stddef.h>

#include "domain/config.h"
#include "edges/transfer_result.h"

#define TRANSFER_ERROR_TEXT (CURL_ERROR_SIZE + 200)

struct transfer_error {
	CURLcode code;
	const char *detail; /* what curl says of it, or "" */
	enum protocol protocol;
	bool no_certificates; /* there was nothing to verify anybody by */
};

/* For people: what curl says, and what to do about it where that is known. Never with a user's name
 * or password. */
void transfer_error_say(const struct transfer_error *error, char out[static TRANSFER_ERROR_TEXT]);

/* What kind of failure it was; `easy` is the request that ended so. */
enum transfer_failure transfer_error_kind(CURL *easy, const struct transfer_error *error);

#endif
