/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/ca_file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>

struct ca_file {
	BIO *in; /* NULL: to its end */
	X509_STORE *store;
	size_t count;
	enum ca_file_state state;
};

struct ca_file *ca_file_open(const char *path)
{
	struct ca_file *file = calloc(1, sizeof *file);

	if (!file)
		return NULL;
	file->in = BIO_new_file(path, "re");
	file->store = X509_STORE_new();
	/* As curl's own: what the file names is trusted by itself, its issuer need not be there. */
	if (file->in && file->store &&
	    X509_STORE_set_flags(file->store,
				 X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN))
		return file;
	ERR_clear_error();
	ca_file_free(file);
	return NULL;
}

void ca_file_free(struct ca_file *file)
{
	if (!file)
		return;
	BIO_free(file->in);
	X509_STORE_free(file->store);
	free(file);
}

enum ca_file_state ca_file_state(const struct ca_file *file)
{
	return file ? file->state : CA_FILE_BROKEN;
}

static void end(struct ca_file *file, enum ca_file_state state)
{
	file->state = state;
	BIO_free(file->in);
	file->in = NULL;
}

static bool add(struct ca_file *file, X509 *certificate)
{
	bool added = X509_STORE_add_cert(file->store, certificate) == 1;

	X509_free(certificate);
	file->count++;
	return added;
}

/* What is before, between and behind certificates is passed over, as by OpenSSL itself. */
static bool is_at_end(void)
{
	return ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_PEM &&
	       ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

enum ca_file_state ca_file_read(struct ca_file *file)
{
	for (unsigned i = 0; i < CA_FILE_STEP && file->state == CA_FILE_UNREAD; i++) {
		X509 *certificate = PEM_read_bio_X509_AUX(file->in, NULL, NULL, NULL);

		if (certificate && add(file, certificate))
			continue;
		end(file,
		    !certificate && is_at_end() && file->count > 0 ? CA_FILE_READ : CA_FILE_BROKEN);
	}
	ERR_clear_error();
	return file->state;
}

void ca_file_trust(const struct ca_file *file, SSL_CTX *context)
{
	SSL_CTX_set1_cert_store(context, file->store);
}
