/* SPDX-License-Identifier: Apache-2.0 */
/* A file of CA certificates (PEM), read a few at a time. A bundle of all public ones takes some 10
 * ms of CPU, and 14 times that in a function of 128 MB; all at once nobody would be answered
 * meanwhile. */
#ifndef EDGES_CA_FILE_H
#define EDGES_CA_FILE_H

#include <openssl/types.h>

/* So many certificates are read at once: half a millisecond. */
#define CA_FILE_STEP 8

struct ca_file;

enum ca_file_state {
	CA_FILE_UNREAD, /* there is more */
	CA_FILE_READ,
	CA_FILE_BROKEN, /* something in it is no certificate, or nothing is one */
};

/* NULL where it cannot be opened, or memory is short. */
struct ca_file *ca_file_open(const char *path);
void ca_file_free(struct ca_file *file);

/* NULL is a broken one. */
enum ca_file_state ca_file_state(const struct ca_file *file);

/* Reads the next CA_FILE_STEP certificates; nothing where it is read or broken already. */
enum ca_file_state ca_file_read(struct ca_file *file);

/* The context trusts what has been read, and nothing else. */
void ca_file_trust(const struct ca_file *file, SSL_CTX *context);

#endif
