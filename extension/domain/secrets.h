/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOMAIN_SECRETS_H
#define DOMAIN_SECRETS_H

#include "domain/config.h"

/* Replaces by "***" what those settings keep secret, wherever it stands in `text`: backends repeat
 * the key that they refuse. That is the values of headers, and what follows a scheme in them
 * ("Bearer"), and the user's name and password of the URL, as domain/url_shown.h has them; but
 * nothing of fewer than SECRETS_SHORTEST bytes, which is none. */
#define SECRETS_SHORTEST 5
void secrets_hide(const struct export_settings *settings, struct bytes *text);

#endif
