/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend is verified by, and what lull shows to it. */
#ifndef EDGES_TRANSFER_CERTIFICATES_H
#define EDGES_TRANSFER_CERTIFICATES_H

#include <curl/curl.h>
#include <stdbool.h>

struct certificates_file;

struct certificates {
	char *place; /* a file or hashed folder; NULL: there is none */
	bool is_folder;
	struct certificates_file *files; /* that were asked for */
};

/* Where they are on this system; those of the layer, <layer>/lull/certs, first. To be freed with
 * certificates_free(). */
struct certificates certificates_find(const char *layer);
void certificates_free(struct certificates *certificates);

/* In all of these `file` is the user's own, a file or a hashed folder, and then nothing else
 * counts; NULL: none is set. */

/* Are they there to be used? Else certificates_read_on() is to be called until they are. A folder
 * always is, and a file that cannot be read, which curl will name. */
bool certificates_ready(struct certificates *certificates, const char *file);

/* Reads on in all files, a part of each. Returns whether there is more to be read. */
bool certificates_read_on(struct certificates *certificates);

/* Are there none at all? */
bool certificates_lack(const struct certificates *certificates, const char *file);

/* They have to be ready. */
void certificates_apply(struct certificates *certificates, const char *file, CURL *easy);

#endif
