/* SPDX-License-Identifier: Apache-2.0 */
#include "tls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop.h"

#define OTHERS 150 /* as many as Debian's ca-certificates */
#define ROOM (4 << 20)
#define KEEPS "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define ENDS "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

/* ---- Certificates ---- */

/* Signed by itself, for 127.0.0.1. */
static X509 *make_certificate(EVP_PKEY *key, int number)
{
	X509 *c = X509_new();
	X509_EXTENSION *host = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
						   "IP:127.0.0.1");
	char name[64];

	snprintf(name, sizeof name, "An authority that is trusted by many, number %d", number);
	if (!c || !host || !X509_set_version(c, 2) ||
	    !ASN1_INTEGER_set(X509_get_serialNumber(c), number) ||
	    !X509_gmtime_adj(X509_getm_notBefore(c), -3600) ||
	    !X509_gmtime_adj(X509_getm_notAfter(c), 3600) ||
	    !X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC,
					(const unsigned char *)name, -1, -1, 0) ||
	    !X509_set_issuer_name(c, X509_get_subject_name(c)) || !X509_set_pubkey(c, key) ||
	    !X509_add_ext(c, host, -1) || X509_sign(c, key, EVP_sha256()) <= 0)
		die("no certificate can be made");
	X509_EXTENSION_free(host);
	return c;
}

static SSL_CTX *make_context(const char *authorities)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	FILE *file = fopen(authorities, "we");
	X509 *c = NULL;

	if (!key || !context || !file)
		die("no TLS here");
	for (int i = 0; i <= OTHERS; i++) {
		X509_free(c);
		c = make_certificate(key, i);
		if (!PEM_write_X509(file, c))
			die("cannot write %s", authorities);
	}
	if (!SSL_CTX_use_certificate(context, c) || !SSL_CTX_use_PrivateKey(context, key) ||
	    fclose(file) != 0)
		die("no TLS here");
	X509_free(c);
	EVP_PKEY_free(key);
	return context;
}

/* ---- The processes ---- */

/* Reads one message; false at the end. */
static bool take(SSL *ssl, char *buffer)
{
	size_t len = 0, need = 0, n;

	while (need == 0 || len < need) {
		char *end, *length;

		if (!SSL_read_ex(ssl, buffer + len, ROOM - 1 - len, &n))
			return false;
		len += n;
		buffer[len] = 0;
		end = need == 0 ? strstr(buffer, "\r\n\r\n") : NULL;
		length = end ? strcasestr(buffer, "\r\ncontent-length:") : NULL;
		if (end)
			need = (size_t)(end + 4 - buffer) +
			       (length ? strtoul(length + 17, NULL, 10) : 0);
	}
	return true;
}

static _Noreturn void talk(SSL_CTX *context, int fd, const struct tls *tls, bool keeps)
{
	const char *answer = keeps ? KEEPS : ENDS;
	char *buffer = malloc(ROOM);
	SSL *ssl = SSL_new(context);
	size_t written;
	int on = 1;

	/* As servers do: else the answer waits for the client's word on the session tickets. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (!buffer || !ssl || !SSL_set_fd(ssl, fd) || SSL_accept(ssl) != 1)
		_exit(1);
	while (take(ssl, buffer)) {
		bool is_post = strncmp(buffer, "POST", 4) == 0;

		__atomic_add_fetch(tls->posts, is_post, __ATOMIC_RELAXED);
		SSL_write_ex(ssl, answer, strlen(answer), &written);
		if (!keeps)
			break;
	}
	SSL_shutdown(ssl);
	_exit(0);
}

static _Noreturn void serve(SSL_CTX *context, int listener, const struct tls *tls, bool keeps)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		pid_t parent = getpid();

		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() == parent)
				talk(context, fd, tls, keeps);
			_exit(1);
		}
		close(fd);
	}
}

void tls_start(struct tls *tls, const char *authorities, bool keeps)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL_CTX *context = make_context(authorities);
	socklen_t size = sizeof address;

	tls->posts = mmap(NULL, sizeof *tls->posts, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tls->posts == MAP_FAILED || bind(listener, (struct sockaddr *)&address, size) != 0 ||
	    listen(listener, 16) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) != 0)
		die("the TLS backend cannot listen");
	tls->port = ntohs(address.sin_port);
	tls->pid = fork();
	if (tls->pid < 0)
		die("no TLS backend");
	if (tls->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(context, listener, tls, keeps);
	}
	SSL_CTX_free(context);
	close(listener);
}

void tls_stop(struct tls *tls, const char *authorities)
{
	kill(tls->pid, SIGKILL);
	waitpid(tls->pid, NULL, 0);
	munmap(tls->posts, sizeof *tls->posts);
	unlink(authorities);
}
