/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer_error.h"

#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Is there no HTTP/2? The words are OpenSSL's for the alert of a server that speaks nothing of what
 * is offered (RFC 7301, section 3.2), and nghttp2's, which come with whatever curl was about to
 * do. */
static bool lacks_http2(const char *detail)
{
	return strstr(detail, "no application protocol") ||
	       strstr(detail, "does not support HTTP/2");
}

static const char *advice(const struct transfer_error *error)
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
		if (known[i].code == error->code)
			return known[i].text;
	if (error->code == CURLE_PEER_FAILED_VERIFICATION && error->no_certificates)
		return "there are no public certificates here: take those of the layer "
		       "(/opt/lull/certs), install ca-certificates in the image, or set "
		       "LULL_CERTIFICATE: ";
	if (error->protocol == PROTOCOL_GRPC && lacks_http2(error->detail))
		return "is it gRPC, by HTTP/2? Else set LULL_PROTOCOL=http/protobuf: ";
	return "";
}

void transfer_error_say(const struct transfer_error *error, char out[static TRANSFER_ERROR_TEXT])
{
	/* curl repeats a URL that it cannot read as a whole. */
	bool safe = error->detail[0] && !strchr(error->detail, '@');

	/* The advice first: a detail may be long, and is then cut. */
	snprintf(out, TRANSFER_ERROR_TEXT, "%s%s", advice(error),
		 safe ? error->detail : curl_easy_strerror(error->code));
}

static enum transfer_failure certificate_kind(CURL *easy)
{
	long why = X509_V_OK;

	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &why);
	if (why == X509_V_OK)
		curl_easy_getinfo(easy, CURLINFO_PROXY_SSL_VERIFYRESULT, &why);
	switch (why) {
	case X509_V_OK: /* nothing found, or not told yet: it is curl that compares the name */
	case X509_V_ERR_UNSPECIFIED:
	case X509_V_ERR_HOSTNAME_MISMATCH:
		return FAILURE_OTHER_HOST;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return FAILURE_EXPIRED;
	default:
		return FAILURE_UNTRUSTED;
	}
}

enum transfer_failure transfer_error_kind(CURL *easy, const struct transfer_error *error)
{
	static const struct {
		CURLcode code;
		enum transfer_failure kind;
	} known[] = {
		{CURLE_COULDNT_RESOLVE_HOST, FAILURE_NAME},
		{CURLE_COULDNT_CONNECT, FAILURE_CONNECT},
		{CURLE_UNSUPPORTED_PROTOCOL, FAILURE_PROTOCOL},
		{CURLE_WEIRD_SERVER_REPLY, FAILURE_PROTOCOL},
		{CURLE_HTTP2, FAILURE_PROTOCOL},
		{CURLE_HTTP2_STREAM, FAILURE_PROTOCOL},
		{CURLE_SSL_CONNECT_ERROR, FAILURE_TLS},
	};

	if (error->code == CURLE_PEER_FAILED_VERIFICATION)
		return certificate_kind(easy);
	if (lacks_http2(error->detail))
		return FAILURE_PROTOCOL;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i].code == error->code)
			return known[i].kind;
	return FAILURE_OTHER;
}
