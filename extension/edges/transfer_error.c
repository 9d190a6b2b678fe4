/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer_error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *advice(CURLcode code)
{
	static const struct {
		CURLcode code;
		const char *text;
	} known[] = {
		{CURLE_SSL_CACERT_BADFILE,
		 "LULL_CERTIFICATE must name a file of CA certificates (PEM) or a hashed folder: "},
		{CURLE_SSL_CERTPROBLEM,
		 "LULL_CLIENT_CERTIFICATE and LULL_CLIENT_KEY must name PEM files that belong "
		 "together, the key without a password: "},
		/* What a gRPC server says to HTTP/1.1 looks like HTTP/0.9. */
		{CURLE_UNSUPPORTED_PROTOCOL, "is it gRPC? Then set LULL_PROTOCOL=grpc: "},
		{CURLE_WEIRD_SERVER_REPLY, "is it gRPC? Then set LULL_PROTOCOL=grpc: "},
		{CURLE_COULDNT_RESOLVE_PROXY, "see HTTPS_PROXY, HTTP_PROXY and NO_PROXY: "},
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i].code == code)
			return known[i].text;
	return "";
}

void transfer_error_say(CURLcode code, const char *detail, char out[static TRANSFER_ERROR_TEXT])
{
	/* curl repeats a URL that it cannot read as a whole. */
	bool safe = detail[0] && !strchr(detail, '@');

	/* The advice first: a detail may be long, and is then cut. */
	snprintf(out, TRANSFER_ERROR_TEXT, "%s%s", advice(code),
		 safe ? detail : curl_easy_strerror(code));
}
