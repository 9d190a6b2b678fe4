/*
 * Touches every library once, so that a prefix which does not link, or whose libraries do not start, is never published.
 * Prints what was linked. Run at the end of a build; nothing of it is part of lull.
 */
#include <ares.h>
#include <curl/curl.h>
#include <event2/event.h>
#include <jansson.h>
#include <libdeflate.h>
#include <llhttp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "smoke: %s failed\n", what);
	exit(1);
}

/* What the configuration is to have left in: libcurl says so itself. */
static void check_curl(void)
{
	const int want = CURL_VERSION_SSL | CURL_VERSION_HTTP2 | CURL_VERSION_IPV6 |
			 CURL_VERSION_ASYNCHDNS;
	const curl_version_info_data *info;
	CURL *easy;

	check(curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK, "curl_global_init");
	info = curl_version_info(CURLVERSION_NOW);
	check((info->features & want) == want, "features of libcurl");
	check(info->ares != NULL, "c-ares in libcurl");
	easy = curl_easy_init();
	check(easy != NULL, "curl_easy_init");
	check(curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, "aws:amz:eu-west-1:xray") == CURLE_OK,
	      "SigV4");
	check(curl_easy_setopt(easy, CURLOPT_PROXY, "http://127.0.0.1:9") == CURLE_OK, "proxies");
	check(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK, "TLS");
	curl_easy_cleanup(easy);
	printf("%s\n", curl_version());
}

static void check_tls(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;

	check(ctx != NULL, "SSL_CTX_new");
	check(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1, "TLS 1.2");
	check(SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1, "TLS 1.3");
	ssl = SSL_new(ctx);
	check(ssl != NULL, "SSL_new");
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	printf("%s; %s\n", OpenSSL_version(OPENSSL_VERSION), OpenSSL_version(OPENSSL_DIR));
}

static void check_parsers(void)
{
	static const char request[] = "POST /v1/traces HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
	llhttp_settings_t settings;
	llhttp_t parser;
	json_t *json;

	llhttp_settings_init(&settings);
	llhttp_init(&parser, HTTP_REQUEST, &settings);
	check(llhttp_execute(&parser, request, sizeof(request) - 1) == HPE_OK, "llhttp");
	check(parser.method == HTTP_POST, "llhttp's method");
	json = json_loads("{\"a\":[1,2.5,\"x\"]}", 0, NULL);
	check(json != NULL && json_array_size(json_object_get(json, "a")) == 3, "jansson");
	json_decref(json);
	printf("llhttp %d.%d.%d jansson %s protobuf-c %s\n", LLHTTP_VERSION_MAJOR,
	       LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH, jansson_version_str(),
	       protobuf_c_version());
}

static void check_gzip(void)
{
	static const char text[] = "lull lull lull lull lull lull lull lull";
	char packed[128], unpacked[sizeof(text)];
	struct libdeflate_compressor *in = libdeflate_alloc_compressor(1);
	struct libdeflate_decompressor *out = libdeflate_alloc_decompressor();
	size_t size;

	check(in != NULL && out != NULL, "libdeflate");
	size = libdeflate_gzip_compress(in, text, sizeof(text), packed, sizeof(packed));
	check(size > 0 && libdeflate_gzip_decompress(out, packed, size, unpacked, sizeof(unpacked),
						     NULL) == 0,
	      "gzip");
	check(memcmp(text, unpacked, sizeof(text)) == 0, "gzip's round trip");
	libdeflate_free_compressor(in);
	libdeflate_free_decompressor(out);
	printf("libdeflate %s\n", LIBDEFLATE_VERSION_STRING);
}

int main(void)
{
	struct event_base *base = event_base_new();

	check(base != NULL, "event_base_new");
	check(strcmp(event_base_get_method(base), "epoll") == 0, "epoll");
	event_base_free(base);
	check_curl();
	check_tls();
	check_parsers();
	check_gzip();
	printf("libevent %s nghttp2 %s c-ares %s\n", event_get_version(),
	       nghttp2_version(0)->version_str, ares_version(NULL));
	return 0;
}
