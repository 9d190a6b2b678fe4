/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend is verified by. */
#ifndef EDGES_TRANSFER_CERTIFICATES_H
#define EDGES_TRANSFER_CERTIFICATES_H

#include <curl/curl.h>
#include <stdbool.h>

struct certificates {
	char *place; /* a file or hashed folder; NULL: curl's own idea */
	bool is_folder;
};

/* Where they are on this system; those of the layer, <layer>/lull/certs, first. To be freed with
 * certificates_free(). */
struct certificates certificates_find(const char *layer);
void certificates_free(struct certificates *certificates);

/* `file` (NULL: none is set) is the user's own, and then nothing else counts. */
void certificates_apply(const struct certificates *certificates, const char *file, CURL *easy);

#endif
