/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EDGES_TRANSFER_ERROR_H
#define EDGES_TRANSFER_ERROR_H

#include <curl/curl.h>
#include <stddef.h>

#include "domain/config.h"
#include "edges/transfer_result.h"

#define TRANSFER_ERROR_TEXT (CURL_ERROR_SIZE + 200)

/* In both `detail` is what curl says of it, or "". */

/* For people: that, and what to do about it where that is known. Never with a user's name or password. */
void transfer_error_say(enum protocol protocol, CURLcode code, const char *detail,
			char out[static TRANSFER_ERROR_TEXT]);

/* What kind of failure it was; `easy` is the request that ended so. */
enum transfer_failure transfer_error_kind(CURL *easy, CURLcode code, const char *detail);

#endif
