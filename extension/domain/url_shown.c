/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/url_shown.h"

#include <string.h>

#include "domain/config_own.h"

const char *url_shown(const char *url)
{
	const char *at = strrchr(url, '@');

	return at ? at + 1 : config_authority(url);
}

void url_add_shown(struct bytes *out, const char *url)
{
	const char *authority = config_authority(url), *shown = url_shown(url);

	bytes_append(out, url, (size_t)(authority - url));
	bytes_addf(out, "%s", shown > config_host(url) ? "***@" : "");
	bytes_append(out, shown, strcspn(shown, "?#"));
}
