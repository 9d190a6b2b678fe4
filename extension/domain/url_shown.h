/* SPDX-License-Identifier: Apache-2.0 */
/* URLs for people, in the log and by `lull --check`. */
#ifndef DOMAIN_URL_SHOWN_H
#define DOMAIN_URL_SHOWN_H

#include "base/bytes.h"

/* Where that begins of a URL which may be shown: behind its last '@', wherever that stands. By RFC
 * 3986 one behind the host is part of the path; but it also stands there where the / of a password
 * was not written as %2F, and then all before it is secret. */
const char *url_shown(const char *url);

/* Appends the URL without what is secret in it: user, password, query. "***@" stands for what may
 * be a password, or a host and the beginning of a path. */
void url_add_shown(struct bytes *out, const char *url);

#endif
