/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer_certificates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct certificates certificates_find(const char *layer)
{
	/* The layer's own first: a hashed folder costs a tenth of a bundle (DESIGN, traps). Then
	 * where the common distributions keep them: bundles before the folder, which many have
	 * without the hashes. */
	static const struct {
		const char *place;
		bool is_folder;
	} places[] = {
		{"/etc/pki/tls/certs/ca-bundle.crt", false},
		{"/etc/ssl/certs/ca-certificates.crt", false},
		{"/etc/ssl/cert.pem", false},
		{"/etc/ssl/certs", true},
	};
	char own[300];

	snprintf(own, sizeof own, "%s/lull/certs", layer);
	if (access(own, R_OK) == 0)
		return (struct certificates){strdup(own), true};
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (access(places[i].place, R_OK) == 0)
			return (struct certificates){strdup(places[i].place), places[i].is_folder};
	return (struct certificates){0};
}

void certificates_free(struct certificates *certificates)
{
	free(certificates->place);
	*certificates = (struct certificates){0};
}

void certificates_apply(const struct certificates *certificates, const char *file, CURL *easy)
{
	const char *folder = NULL;

	if (!file && !certificates->place)
		return;
	if (!file && certificates->is_folder)
		folder = certificates->place;
	else if (!file)
		file = certificates->place;
	curl_easy_setopt(easy, CURLOPT_CAINFO, file);
	curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
}
