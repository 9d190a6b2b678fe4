/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/transfer_certificates.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edges/ca_file.h"

struct certificates_file {
	struct certificates_file *next;
	struct ca_file *read; /* NULL: it cannot be */
	char path[];
};

/* Does it hold a certificate under the hash of its name, by which OpenSSL looks for it? */
static bool is_hashed(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		found = strspn(entry->d_name, "0123456789abcdef") == 8 && entry->d_name[8] == '.';
	if (dir)
		closedir(dir);
	return found;
}

static bool is_there(const char *place, bool folder)
{
	return folder ? is_hashed(place) : access(place, R_OK) == 0;
}

struct certificates certificates_find(const char *layer)
{
	/* The layer's own first: a hashed folder costs a tenth of a bundle (DESIGN, traps). Then
	 * where the common distributions keep them: bundles before the folder, which many have
	 * without the hashes. */
	static const struct {
		const char *place;
		bool is_folder;
	} places[] = {
		{"/etc/pki/tls/certs/ca-bundle.crt", false},   /* Amazon Linux, RHEL */
		{"/etc/ssl/certs/ca-certificates.crt", false}, /* Debian, Ubuntu, Alpine */
		{"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", false}, /* Fedora */
		{"/etc/ssl/ca-bundle.pem", false},                            /* SUSE */
		{"/etc/ssl/cert.pem", false},
		{"/etc/ssl/certs", true},
	};
	char own[300];

	snprintf(own, sizeof own, "%s/lull/certs", layer);
	if (is_there(own, true))
		return (struct certificates){.place = strdup(own), .is_folder = true};
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (is_there(places[i].place, places[i].is_folder))
			return (struct certificates){.place = strdup(places[i].place),
						     .is_folder = places[i].is_folder};
	return (struct certificates){0};
}

void certificates_free(struct certificates *certificates)
{
	struct certificates_file *f, *next;

	for (f = certificates->files; f; f = next) {
		next = f->next;
		ca_file_free(f->read);
		free(f);
	}
	free(certificates->place);
	*certificates = (struct certificates){0};
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The file that is to be trusted; NULL: a folder, or none. */
static const char *path_of(const struct certificates *certificates, const char *own)
{
	if (own)
		return is_folder(own) ? NULL : own;
	return certificates->is_folder ? NULL : certificates->place;
}

/* NULL where memory is short. */
static struct certificates_file *find_file(struct certificates *certificates, const char *path)
{
	struct certificates_file *f = certificates->files;

	while (f && strcmp(f->path, path) != 0)
		f = f->next;
	if (f || !(f = calloc(1, sizeof *f + strlen(path) + 1)))
		return f;
	memcpy(f->path, path, strlen(path));
	f->read = ca_file_open(path);
	f->next = certificates->files;
	certificates->files = f;
	return f;
}

/* What there is of it; NULL where it cannot be read, for whatever reason. */
static struct ca_file *find(struct certificates *certificates, const char *path)
{
	struct certificates_file *f = path ? find_file(certificates, path) : NULL;

	return f && ca_file_state(f->read) != CA_FILE_BROKEN ? f->read : NULL;
}

bool certificates_ready(struct certificates *certificates, const char *file)
{
	struct ca_file *read = find(certificates, path_of(certificates, file));

	return !read || ca_file_state(read) == CA_FILE_READ;
}

bool certificates_read_on(struct certificates *certificates)
{
	bool more = false;

	for (struct certificates_file *f = certificates->files; f; f = f->next)
		more |= f->read && ca_file_read(f->read) == CA_FILE_UNREAD;
	return more;
}

bool certificates_lack(const struct certificates *certificates, const char *file)
{
	return !file && !certificates->place;
}

static CURLcode trust(CURL *easy, void *context, void *file)
{
	(void)easy;
	ca_file_trust(file, context);
	return CURLE_OK;
}

void certificates_apply(struct certificates *certificates, const char *file, CURL *easy)
{
	const char *path = path_of(certificates, file), *folder = NULL;
	struct ca_file *read = find(certificates, path);

	if (certificates_lack(certificates, file))
		return;
	if (!path)
		folder = file ? file : certificates->place;
	/* For curl the file is a folder, which it only names: what is verified by one is not to be
	 * taken for verified by another. */
	if (read)
		folder = path;
	curl_easy_setopt(easy, CURLOPT_CAINFO, read ? NULL : path);
	curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
	/* For a proxy that is spoken to by TLS itself. */
	curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, read ? NULL : path);
	curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, folder);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, read ? trust : NULL);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, read);
}
