/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "edges/ca_file.h"

static const char path[] = "build/unit/test_ca_file.pem";

/* A certificate of its own name each. */
static void put_certificate(FILE *file, EVP_PKEY *key, int number)
{
	X509 *c = X509_new();
	char name[32];

	snprintf(name, sizeof name, "authority %d", number);
	ASN1_INTEGER_set(X509_get_serialNumber(c), number);
	X509_gmtime_adj(X509_getm_notBefore(c), 0);
	X509_gmtime_adj(X509_getm_notAfter(c), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(c, X509_get_subject_name(c));
	X509_set_pubkey(c, key);
	assert_true(X509_sign(c, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(file, c), 1);
	X509_free(c);
}

/* `count` of them, `between` before each, `last` behind all. */
static void put_file(int count, const char *between, const char *last)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *file = fopen(path, "we");

	assert_non_null(key);
	assert_non_null(file);
	for (int i = 0; i < count; i++) {
		fputs(between, file);
		put_certificate(file, key, i);
	}
	fputs(last, file);
	fclose(file);
	EVP_PKEY_free(key);
}

/* So many certificates would a context trust. */
static int trusted(const struct ca_file *file)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	int count;

	ca_file_trust(file, context);
	count = sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context)));
	SSL_CTX_free(context);
	return count;
}

/* A part at a time, to the last one. */
static void test_in_parts(void **state)
{
	static const int counts[] = {1, CA_FILE_STEP - 1, CA_FILE_STEP, CA_FILE_STEP + 1, 150};

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		struct ca_file *file;

		put_file(counts[i], "", "");
		file = ca_file_open(path);
		assert_non_null(file);
		for (int before = 0; before + CA_FILE_STEP <= counts[i]; before += CA_FILE_STEP) {
			assert_int_equal(ca_file_state(file), CA_FILE_UNREAD);
			assert_int_equal(trusted(file), before);
			assert_int_equal(ca_file_read(file), CA_FILE_UNREAD);
		}
		assert_int_equal(ca_file_read(file), CA_FILE_READ);
		assert_int_equal(ca_file_state(file), CA_FILE_READ);
		assert_int_equal(trusted(file), counts[i]);
		/* More often than needed. */
		assert_int_equal(ca_file_read(file), CA_FILE_READ);
		assert_int_equal(trusted(file), counts[i]);
		ca_file_free(file);
	}
}

static enum ca_file_state read_whole(int *count)
{
	struct ca_file *file = ca_file_open(path);
	enum ca_file_state end;

	while (ca_file_read(file) == CA_FILE_UNREAD)
		;
	end = ca_file_state(file);
	*count = trusted(file);
	ca_file_free(file);
	return end;
}

#define CRL "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"

/* What is no certificate and does not claim to be one. */
static void test_passed_over(void **state)
{
	static const char *const others[] = {"\n", "# Subject: an authority\n",
					     "\xff\xfe no text \x01\n", CRL};
	int count;

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		put_file(3, others[i], others[i]);
		assert_int_equal(read_whole(&count), CA_FILE_READ);
		assert_int_equal(count, 3);
	}
}

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"

static void test_broken(void **state)
{
	static const char *const tails[] = {BEGIN "AAAA\n" END, BEGIN "?\n" END, BEGIN "AAAA\n",
					    BEGIN};
	int count;

	(void)state;
	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		put_file(2, "", tails[i]);
		assert_int_equal(read_whole(&count), CA_FILE_BROKEN);
	}
	put_file(0, "", "nothing of the kind");
	assert_int_equal(read_whole(&count), CA_FILE_BROKEN);
	put_file(0, "", "");
	assert_int_equal(read_whole(&count), CA_FILE_BROKEN);
}

static void test_not_there(void **state)
{
	(void)state;
	unlink(path);
	assert_null(ca_file_open(path));
	assert_int_equal(ca_file_state(NULL), CA_FILE_BROKEN);
	ca_file_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_parts),
		cmocka_unit_test(test_passed_over),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
